local entry, subject, ends, till, note = take_audit(), take(), take(), maybe(), take()
local at, actor = entry[1], entry[3]
local seq, count = ban_in_force(subject, at), 0
local already = seq
if not already then
    local fault = restarted()
    if fault then
        return fault
    end
end
audit(entry)
if already then
    -- Nothing was begun since: there is nothing to cut.
    move_end(seq, ends)
    call('HSET', ban_key(seq), 'note', note, 'actor', actor)
    call('HDEL', ban_key(seq), 'until')
else
    seq, count = cut_subject(subject, 'banned', at, actor, {})
    call('HSET', ban_key(seq), 'subject', subject, 'at', at, 'ends', ends, 'note', note, 'actor', actor)
    call('ZADD', bans_by_position(), seq, seq)
    call('ZADD', bans_by_end(), 0, place_by_end(ends, seq))
end
if till then
    call('HSET', ban_key(seq), 'until', till)
end
call('HSET', P .. 'su:' .. subject, 'banned_until', ends, 'ban', seq)
return { { seq, already and 1 or 0, digits(count) }, rows }
