local entry, id, expires, idle, lives, gen, access, ttl =
    take_audit(), take(), take(), take(), take(), take(), take(), take()
local s = look(id)
if not s or not is_live(s, entry[1]) then
    return { 0, rows }
end
local fault = restarted()
if fault then
    return fault
end
local key = session_key(id)
call('HSET', key, 'expires', expires, 'idle', idle, 'lives', lives)
if s.gen == gen then
    call('HSET', key, 'access', access)
end
s.expires, s.idle = expires, idle
index(s)
if ttl == '0' then
    call('PERSIST', key)
else
    call('PEXPIRE', key, ttl)
end
keep_for(P .. 'u:' .. s.subject, ttl)
keep_for(alive_key(s.epoch, s.subject), ttl)
keep_for(ends_key(s.epoch, s.subject), ttl)
audit(entry)
append('A', id, '', '', entry[1], 'revoked', entry[3])
return { 1, rows }
