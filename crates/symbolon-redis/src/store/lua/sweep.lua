-- Marks some of the sessions that the oldest owed cut has ended. Answers whether there was one.
local batch = tonumber(take())
local seq, owed
local all = call('HGETALL', P .. 'w')
for place = 1, #all, 2 do
    if not seq or tonumber(all[place]) < tonumber(seq) then
        seq, owed = all[place], all[place + 1]
    end
end
if not seq then
    return 0
end
local at, reason, epoch, subject = string.match(owed, '^(%S+) (%S+) (%S+) (.*)$')
local of_all = subject == ''
local source = of_all and P .. 'l:' .. epoch or ends_key(epoch, subject)
local ids = call('ZRANGE', source, 0, batch - 1, 'WITHSCORES')
for place = 1, #ids, 2 do
    local id, till = ids[place], ids[place + 1]
    local s = look(id)
    if s and s[ENDED] == '' and tonumber(s[EPOCH]) < tonumber(seq) and tonumber(till) > tonumber(at) then
        mark_ended(s, seq, at, reason)
    elseif s and of_all then
        -- It ended by itself before.
        unindex(s)
        if s[ENDED] == '' then
            call('ZADD', P .. 'd', till, id)
        end
    elseif of_all then
        call('ZREM', P .. 'i', id)
    end
    call('ZREM', source, id)
end
if #ids < 2 * batch then
    call('HDEL', P .. 'w', seq)
    if not of_all then
        call('UNLINK', source, alive_key(epoch, subject))
    end
end
return 1
