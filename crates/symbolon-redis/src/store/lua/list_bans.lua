-- Those in force, the last to end first; or all, the newest first.
local ends_from, after_end, after, limit = maybe(), maybe(), maybe(), take()
local page = {}
if ends_from then
    local before = after and '(' .. place_by_end(after_end, after) or '+'
    for _, place in ipairs(call('ZREVRANGEBYLEX', bans_by_end(), before, '[' .. sorted(ends_from), 'LIMIT', 0, limit)) do
        page[#page + 1] = found_ban(position_in(place)) or nil
    end
else
    local before = after and '(' .. after or '+inf'
    for _, seq in ipairs(call('ZREVRANGEBYSCORE', bans_by_position(), before, '-inf', 'LIMIT', 0, limit)) do
        page[#page + 1] = found_ban(seq) or nil
    end
end
return page
