-- Removes bans that ended at or before an instant. One without an end has the greatest of all instants.
local by, batch = take(), take()
if tonumber(by) < 0 then
    return 0
end
local past = '(' .. sorted(digits(tonumber(by) + 1))
local old = call('ZRANGEBYLEX', bans_by_end(), '-', past, 'LIMIT', 0, batch)
for _, place in ipairs(old) do
    local seq = position_in(place)
    local subject = call('HGET', ban_key(seq), 'subject')
    if subject and call('HGET', P .. 'su:' .. subject, 'ban') == seq then
        call('HDEL', P .. 'su:' .. subject, 'banned_until', 'ban')
    end
    call('UNLINK', ban_key(seq))
    call('ZREM', bans_by_position(), seq)
    call('ZREM', bans_by_end(), place)
end
return #old
