local inc, may = take(), take()
local key = P .. 'n:' .. inc
if call('EXISTS', key) == 0 then
    return 0
end
call('HSET', key, 'may_fall_back', may)
return 1
