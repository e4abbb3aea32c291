-- Sets a counter from what was seen to the next value. One that is not there is zero.
local name, seen_failures, seen_next, failures, next_try, at = take(), take(), take(), take(), take(), take()
local key = P .. 't:' .. name
local known = call('HMGET', key, 'failures', 'next')
if (known[1] or '0') ~= seen_failures or (known[2] or '0') ~= seen_next then
    return 0
end
call('HSET', key, 'failures', failures, 'next', next_try)
call('ZADD', P .. 't', at, name)
return 1
