local entry, subject = take_audit(), take()
local seq = ban_in_force(subject, entry[1])
if not seq then
    return 0
end
move_end(seq, entry[1])
call('HSET', ban_key(seq), 'lifted_at', entry[1], 'lifted_by', entry[3])
call('HDEL', P .. 'su:' .. subject, 'banned_until', 'ban')
audit(entry)
return 1
