-- The log. After the base; the next argument is chance, of which the ids of rows are made.
-- A script that takes a position calls restarted() before it writes anything, and append() for each row.
local chance, head = take(), false
local rows = {}

-- Whether the server is another run than the one under which the last position was given out: a copy that was put
-- back, or an end that was lost with a crash, must not let a position be used twice. Compared here, since a proxy may
-- hide a restart. Costs some 6 microseconds.
local function restarted()
    if head then
        return
    end
    local known = call('HMGET', P .. 'm', 'boot', 'seq')
    local run = string.match(call('INFO', 'server'), 'run_id:(%w+)')
    if run ~= known[1] then
        return redis.error_reply('SYBOOT redis was started again')
    end
    head = known[2]
end

-- Writes a row and answers its position. A stream refuses one that does not grow.
local function append(kind, session, subject, keep, at, reason, actor)
    local seq = digits(tonumber(head) + 1)
    local id = chance .. struct.pack('>I4', #rows)
    call('XADD', P .. 'log', seq .. '-0', 'prev', head, 'id', id, 'kind', kind, 'session', session, 'subject', subject,
        'keep', keep, 'at', at, 'reason', reason, 'actor', actor)
    call('HSET', P .. 'm', 'seq', seq, 'id', id)
    rows[#rows + 1] = { seq, head, id, kind, session, subject, keep, at, reason }
    head = seq
    return seq
end
