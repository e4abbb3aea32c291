-- Removes rows of the log written at or before an instant, never the newest, and none that a member compares with what
-- it has applied. The log has no hole: removal stops at the first row that stays.
local written_by, batch = take(), take()
local newest = call('XREVRANGE', P .. 'log', '+', '-', 'COUNT', 1)[1]
if not newest then
    return 0
end
local stay = tonumber(string.match(newest[1], '^%d+'))
for _, inc in ipairs(call('SMEMBERS', P .. 'n')) do
    local member = call('HMGET', P .. 'n:' .. inc, 'applied', 'evicted')
    if member[2] == '0' then
        stay = math.min(stay, tonumber(member[1]))
    end
end
local old = {}
for _, entry in ipairs(call('XRANGE', P .. 'log', '-', '+', 'COUNT', batch)) do
    local at
    for place = 1, #entry[2], 2 do
        at = entry[2][place] == 'at' and entry[2][place + 1] or at
    end
    if tonumber(string.match(entry[1], '^%d+')) >= stay or tonumber(at) > tonumber(written_by) then
        break
    end
    old[#old + 1] = entry[1]
end
if #old > 0 then
    call('HSET', P .. 'm', 'floor', string.match(old[#old], '^%d+'))
    call('XDEL', P .. 'log', unpack(old))
end
return #old
