-- Moves the log's head beyond every position that may ever have been given out, if the server is another run than the
-- one under which the head last moved. The clock counts positions as microseconds.
local id, far = take(), take()
local known = call('HMGET', P .. 'm', 'boot', 'seq')
local run = string.match(call('INFO', 'server'), 'run_id:(%w+)')
if run == known[1] then
    return known[2]
end
local now = call('TIME')
local seq = digits(math.max(tonumber(known[2]) + tonumber(far), tonumber(now[1]) * 1000000 + tonumber(now[2])))
call('HSET', P .. 'm', 'seq', seq, 'id', id, 'boot', run)
return seq
