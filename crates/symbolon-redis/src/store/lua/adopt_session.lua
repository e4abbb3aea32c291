-- A session that was begun in a node's mirror comes home, if none of its id is there; as one that has ended, if a cut is
-- newer than what its node knows.
local cause = take_audit()
local id, subject, known = take(), take(), take()
local expires, idle, ttl = take(), take(), take()

local fields = { 'subject', subject, 'expires', expires, 'idle', idle }
local new = {}
for place = taken + 1, #ARGV, 2 do
    fields[#fields + 1] = ARGV[place]
    fields[#fields + 1] = ARGV[place + 1]
    new[ARGV[place]] = ARGV[place + 1]
end

local cut = cut_of(subject)
local there = call('HMGET', session_key(id), 'subject', 'fixed', 'gen', 'tokens')
if there[1] then
    -- The same, as it was or as it was rotated since.
    local same = there[1] == subject and there[2] == new.fixed
        and (there[4] == new.tokens or tonumber(there[3]) > tonumber(new.gen))
    return { same and 'there' or 'other', cut[1] }
end

local ended = tonumber(cut[1]) > tonumber(known)
fields[#fields + 1] = 'epoch'
fields[#fields + 1] = cut[1]
if ended then
    fields[#fields + 1] = 'ended'
    fields[#fields + 1] = cut[1] .. ' ' .. cut[2] .. ' ' .. cut[3]
end
call('HSET', session_key(id), unpack(fields))
if ttl ~= '0' then
    call('PEXPIRE', session_key(id), ttl)
end
call('ZADD', P .. 'i', 0, id)
call('ZADD', P .. 'u:' .. subject, 0, id)
keep_for(P .. 'u:' .. subject, ttl)
if ended then
    call('ZADD', P .. 'd', cut[2], id)
else
    index({ id = id, subject = subject, epoch = cut[1], expires = expires, idle = idle })
    keep_for(alive_key(cut[1], subject), ttl)
    keep_for(ends_key(cut[1], subject), ttl)
end
audit(cause)
return { ended and 'ended' or 'there', cut[1] }
