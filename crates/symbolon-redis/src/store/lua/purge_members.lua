-- Removes members that were evicted and made their last heartbeat at or before an instant.
local seen_by, batch, removed = take(), tonumber(take()), 0
for _, inc in ipairs(call('SMEMBERS', P .. 'n')) do
    local member = call('HMGET', P .. 'n:' .. inc, 'evicted', 'seen')
    if member[1] == '1' and tonumber(member[2]) <= tonumber(seen_by) and removed < batch then
        call('UNLINK', P .. 'n:' .. inc)
        call('SREM', P .. 'n', inc)
        removed = removed + 1
    end
end
return removed
