-- Sessions in the order of their ids. One whose key went by itself is passed over: an empty page is the end.
local after, limit = maybe(), tonumber(take())
local page = {}
repeat
    local ids = call('ZRANGEBYLEX', P .. 'i', after and '(' .. after or '-', '+', 'LIMIT', 0, limit)
    for _, id in ipairs(ids) do
        after = id
        if #page < limit then
            page[#page + 1] = found(id) or nil
        end
    end
until #page > 0 or #ids < limit
return page
