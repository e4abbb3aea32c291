local inc, beat, by_operator = take(), take(), take()
local key = P .. 'n:' .. inc
local known = call('HMGET', key, 'beat', 'evicted', 'may_fall_back')
if not known[1] then
    return 0
end
if known[2] == '1' then
    return 1
end
if known[1] ~= beat or (known[3] == '1' and by_operator ~= '1') then
    return 0
end
call('HSET', key, 'evicted', '1')
return 1
