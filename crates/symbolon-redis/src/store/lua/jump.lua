-- Moves the log's head beyond every position that may ever have been given out, if the server is another run than the
-- one under which the head last moved, or if the head is not beyond a position. Of what was given out and lost, it knows
-- the newest that the node has seen; the clock counts positions as microseconds.
local id, far, seen, beyond = take(), tonumber(take()), tonumber(take()), tonumber(take())
local known = call('HMGET', P .. 'm', 'boot', 'seq')
local head = tonumber(known[2])
local run = string.match(call('INFO', 'server'), 'run_id:(%w+)')
if run == known[1] and head > beyond then
    return known[2]
end
local to = math.max(head + far, beyond + 1)
if run ~= known[1] then
    local now = call('TIME')
    to = math.max(to, seen + far, tonumber(now[1]) * 1000000 + tonumber(now[2]))
end
call('HSET', P .. 'm', 'seq', digits(to), 'id', id, 'boot', run)
return digits(to)
