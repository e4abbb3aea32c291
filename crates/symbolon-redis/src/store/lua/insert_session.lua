-- New sessions, one after the other, and the end of those that they replace. Of each everything is looked at before
-- anything is written. Answers for each what a script of one would, or { 'fault', why }: the others are begun all the same.
local REPLACED_MAX = 1000
-- How many that ended by themselves are taken out of their subject's indexes, so that these stay small.
local STALE_MAX = 100
local ARGS = 20

-- What everyone's indexes get once for all of them.
local ids, tills = { P .. 'i' }, { all_key() }

local function add(to, score, id)
    to[#to + 1] = score
    to[#to + 1] = id
end
local function write_indexes()
    if #ids > 1 then
        call('ZADD', unpack(ids))
        ids = { P .. 'i' }
    end
    if #tills > 1 then
        call('ZADD', unpack(tills))
        tills = { all_key() }
    end
end

-- The oldest that live, but for `but`, after those in `ending` until that has so many.
local function add_oldest(ending, wanted, now, alive, ends, but)
    local from = 0
    while #ending < wanted do
        local some = call('ZRANGE', alive, from, from + 99)
        for _, old in ipairs(some) do
            local till = call('ZSCORE', ends, old)
            if #ending < wanted and old ~= but and till and tonumber(till) > tonumber(now) then
                ending[#ending + 1] = look(old)
            end
        end
        if #some == 0 then
            return
        end
        from = from + 100
    end
end

local function begin()
    local cause = take_audit()
    local id, subject, now, max, replace_oldest = take(), take(), take(), tonumber(take()), take() == '1'
    local credential_epoch, throttle_key, presented_id = maybe(), maybe(), maybe()
    local till, ended_at, ttl, packed = take(), maybe(), take(), take()

    local own = call('HMGET', P .. 'su:' .. subject, 'epoch', 'at', 'reason', 'banned_until')
    if own[4] and tonumber(now) < tonumber(own[4]) then
        return { 'banned', own[4] }
    end
    local epoch = newer_cut(own)[1]
    if credential_epoch and credential_epoch ~= epoch then
        return { 'stale' }
    end

    local alive, ends = alive_key(epoch, subject), ends_key(epoch, subject)
    local ending = {}
    local presented = presented_id and look(presented_id)
    if presented and is_live(presented, now) then
        ending[1] = presented
    end
    local replaced = ending[1] and presented[SUBJECT] == subject and 1 or 0
    local stale = call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, STALE_MAX)
    local live = #stale < STALE_MAX and call('ZCARD', ends) - #stale or call('ZCOUNT', ends, '(' .. now, '+inf')
    local excess = live - replaced + 1 - max
    if excess > 0 and not replace_oldest then
        return { 'full' }
    end
    add_oldest(ending, #ending + math.min(excess, REPLACED_MAX), now, alive, ends, presented_id)
    if #ending > 0 then
        local fault = restarted()
        if fault then
            error(fault)
        end
    end

    local value = cmsgpack.pack(epoch) .. packed
    local written
    if ttl == '0' then
        written = call('SET', session_key(id), value, 'NX')
    else
        written = call('SET', session_key(id), value, 'NX', 'PX', ttl)
    end
    if not written then
        error({ err = 'SYTWICE there is a session of that id' })
    end
    add(ids, 0, id)
    call('ZADD', P .. 'u:' .. subject, 0, id)
    if ended_at then
        call('ZADD', P .. 'd', ended_at, id)
        keep_for(P .. 'u:' .. subject, ttl)
    else
        add(tills, till, id)
        index_own(epoch, subject, id, till)
        keep_indexes(epoch, subject, ttl)
    end
    for _, old in ipairs(stale) do
        call('ZREM', ends, old)
        call('ZREM', alive, old)
    end
    if throttle_key then
        clear_attempts(throttle_key)
    end
    audit(cause)
    if #ending > 0 then
        -- One of them may have been begun just before.
        write_indexes()
        end_sessions(ending, 'replaced', cause)
    end
    return { 'done', epoch }
end

local answers = {}
while taken < #ARGV do
    local before, first = taken, #rows + 1
    local is_done, answer = pcall(begin)
    taken = before + ARGS
    if is_done then
        answers[#answers + 1] = { answer, { unpack(rows, first) } }
    else
        answers[#answers + 1] = { 'fault', type(answer) == 'table' and answer.err or tostring(answer) }
    end
end
write_indexes()
return answers
