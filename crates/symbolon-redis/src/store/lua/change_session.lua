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
s[EXPIRES], s[IDLE], s[LIVES] = expires, idle, lives
if s[GEN] == gen then
    s[ACCESS] = access
end
put(s, ttl)
index(s)
keep_indexes(s[EPOCH], s[SUBJECT], ttl)
audit(entry)
append('A', id, '', '', entry[1], 'revoked', entry[3])
return { 1, rows }
