local entry, follows, revokes_older = take_audit(), maybe(), take() == '1'
local id, alg, sealed, created, active, revoked = take(), take(), take(), take(), take(), maybe()
local older = {}
for _, other in ipairs(call('ZREVRANGE', all_signing_keys(), 0, -1)) do
    if call('HGET', signing_key(other), 'alg') == alg then
        older[#older + 1] = other
    end
end
if (older[1] or false) ~= follows then
    return { 0, rows }
end
if call('EXISTS', signing_key(id)) == 1 then
    return redis.error_reply('SYTWICE there is a signing key of that name')
end
local fault = restarted()
if fault then
    return fault
end
if revokes_older then
    for _, other in ipairs(older) do
        -- One that was revoked keeps the instant of its first revocation.
        call('HSETNX', signing_key(other), 'revoked', entry[1])
    end
end
call('HSET', signing_key(id), 'alg', alg, 'sealed', sealed, 'created', created, 'active', active)
if revoked then
    call('HSET', signing_key(id), 'revoked', revoked)
end
call('ZADD', all_signing_keys(), created, id)
audit(entry)
append('K', '', '', '', entry[1], 'revoked', entry[3])
return { 1, rows }
