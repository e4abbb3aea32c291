-- A new session, and the end of those that it replaces. Everything is looked at before anything is written.
local REPLACED_MAX = 1000
-- How many that ended by themselves are taken out of their subject's indexes, so that these stay small.
local STALE_MAX = 100

local cause = take_audit()
local id, subject, now, max, replace_oldest = take(), take(), take(), tonumber(take()), take() == '1'
local credential_epoch, throttle_key, presented_id = maybe(), maybe(), maybe()
local expires, idle, ended, ttl = take(), take(), maybe(), take()

local banned = call('HGET', P .. 'su:' .. subject, 'banned_until')
if banned and tonumber(now) < tonumber(banned) then
    return { { 'banned', banned }, rows }
end
local epoch = cut_of(subject)[1]
if credential_epoch and credential_epoch ~= epoch then
    return { { 'stale' }, rows }
end
if call('EXISTS', session_key(id)) == 1 then
    return redis.error_reply('SYTWICE there is a session of that id')
end

local alive, ends = alive_key(epoch, subject), ends_key(epoch, subject)
local ending = {}
local presented = presented_id and look(presented_id)
if presented and is_live(presented, now) then
    ending[1] = presented
end
local own = ending[1] and presented.subject == subject and 1 or 0
local excess = call('ZCOUNT', ends, '(' .. now, '+inf') - own + 1 - max
if excess > 0 and not replace_oldest then
    return { { 'full' }, rows }
end
local wanted, from = #ending + math.min(excess, REPLACED_MAX), 0
while #ending < wanted do
    local ids = call('ZRANGE', alive, from, from + 99)
    for _, old in ipairs(ids) do
        local till = call('ZSCORE', ends, old)
        if #ending < wanted and old ~= presented_id and till and tonumber(till) > tonumber(now) then
            ending[#ending + 1] = look(old)
        end
    end
    if #ids == 0 then
        break
    end
    from = from + 100
end
if #ending > 0 then
    local fault = restarted()
    if fault then
        return fault
    end
end

local fields = { 'subject', subject, 'epoch', epoch, 'expires', expires, 'idle', idle }
for place = taken + 1, #ARGV do
    fields[#fields + 1] = ARGV[place]
end
if ended then
    fields[#fields + 1] = 'ended'
    fields[#fields + 1] = ended
end
call('HSET', session_key(id), unpack(fields))
if ttl ~= '0' then
    call('PEXPIRE', session_key(id), ttl)
end
call('ZADD', P .. 'i', 0, id)
call('ZADD', P .. 'u:' .. subject, 0, id)
keep_for(P .. 'u:' .. subject, ttl)
if ended then
    call('ZADD', P .. 'd', string.match(ended, ' (%S+) '), id)
else
    index({ id = id, subject = subject, epoch = epoch, expires = expires, idle = idle })
    keep_for(alive, ttl)
    keep_for(ends, ttl)
end
for _, stale in ipairs(call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, STALE_MAX)) do
    if stale ~= id then
        call('ZREM', ends, stale)
        call('ZREM', alive, stale)
    end
end
if throttle_key then
    clear_attempts(throttle_key)
end
audit(cause)
end_sessions(ending, 'replaced', cause)
return { { 'done', epoch }, rows }
