-- Removes counters that were last written at or before an instant, and those beyond as many as may be.
local idle_since, batch, most = take(), tonumber(take()), tonumber(take())
local beyond = call('ZCARD', P .. 't') - most
local idle = call('ZRANGE', P .. 't', 0, batch - 1, 'WITHSCORES')
local removed = 0
for place = 1, #idle, 2 do
    if tonumber(idle[place + 1]) > tonumber(idle_since) and removed >= beyond then
        break
    end
    clear_attempts(idle[place])
    removed = removed + 1
end
return removed
