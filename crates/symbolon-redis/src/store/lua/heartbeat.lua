-- How much newer than the mark an instant must be to be marked: a store whose nodes all start anew goes back no further.
local MARK_STEP = 1000

local inc, beat, applied, at = take(), take(), take(), take()
local key = P .. 'n:' .. inc
local known = call('HMGET', key, 'beat', 'evicted')
if known[1] ~= beat or known[2] ~= '0' then
    return false
end
call('HSET', key, 'beat', digits(tonumber(beat) + 1), 'applied', applied, 'seen', at)
if tonumber(at) >= tonumber(call('HGET', P .. 'm', 'high_water')) + MARK_STEP then
    call('HSET', P .. 'm', 'high_water', at)
end
local now = call('TIME')
return digits(tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
