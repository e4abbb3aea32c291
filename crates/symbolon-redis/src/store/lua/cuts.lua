-- Cuts: after the log, the audit record and sessions.

-- How many sessions a cut marks in its own step. All are ended by the cut alone; the sweep marks the others.
local MARKED_MAX = 500

local function owe_sweep(seq, at, reason, epoch, subject)
    call('HSET', P .. 'w', seq, at .. ' ' .. reason .. ' ' .. epoch .. ' ' .. subject)
end

-- Those of the sessions to keep that are alive and the subject's own, each once.
local function find_kept(subject, at, keep)
    local kept, known = {}, {}
    for _, id in ipairs(keep) do
        local s = not known[id] and look(id)
        if s and s[SUBJECT] == subject and is_live(s, at) then
            kept[#kept + 1] = s
        end
        known[id] = true
    end
    return kept
end

-- They go on under the new cut.
local function keep_on(kept, seq)
    for _, s in ipairs(kept) do
        local left = call('PTTL', alive_key(s[EPOCH], s[SUBJECT]))
        unindex(s)
        s[EPOCH] = seq
        put(s)
        index(s)
        if left > 0 then
            -- No longer than the index of all of them.
            call('PEXPIRE', alive_key(seq, s[SUBJECT]), digits(left))
            call('PEXPIRE', ends_key(seq, s[SUBJECT]), digits(left))
        end
    end
end

-- Ends a subject's sessions but those kept, by one row; answers its position and how many it ended. The audit entry is
-- the caller's.
local function cut_subject(subject, reason, at, actor, keep)
    local before = cut_of(subject)[1]
    local alive, ends = alive_key(before, subject), ends_key(before, subject)
    local kept, names = find_kept(subject, at, keep), {}
    for number, s in ipairs(kept) do
        names[number] = s[ID]
    end
    local count = call('ZCOUNT', ends, '(' .. at, '+inf') - #kept
    local seq = append('U', '', subject, table.concat(names, ' '), at, reason, actor)
    call('HSET', P .. 'su:' .. subject, 'epoch', seq, 'at', at, 'reason', reason)
    keep_on(kept, seq)
    for _, id in ipairs(call('ZRANGEBYSCORE', ends, '(' .. at, '+inf', 'LIMIT', 0, MARKED_MAX)) do
        local s = look(id)
        if s then
            mark_ended(s, seq, at, reason)
        end
    end
    if count > MARKED_MAX then
        owe_sweep(seq, at, reason, before, subject)
    else
        -- Only such are left as ended by themselves.
        call('UNLINK', alive, ends)
    end
    return seq, count
end

-- Ends everyone's sessions by one row; answers how many. The audit entry is the caller's.
local function cut_everyone(reason, at, actor)
    local count = count_live(at)
    local seq = append('G', '', '', '', at, reason, actor)
    call('HSET', P .. 'm', 'epoch', seq, 'epoch_at', at, 'epoch_reason', reason)
    owe_sweep(seq, at, reason, store[2], '')
    return count
end
