-- A page of a subject's sessions, the newest first. A script looks at so many at the most: else it says where to go on.
local LOOKED_MAX = 1000
local STEP = 200

local subject, live_at, before, limit = take(), maybe(), maybe(), tonumber(take())
local cut = cut_of(subject)
local epoch = cut[1]
local key = live_at and alive_key(epoch, subject) or P .. 'u:' .. subject
local page, looked = {}, 0
while looked < LOOKED_MAX do
    local ids = call('ZREVRANGEBYLEX', key, before and '(' .. before or '+', '-', 'LIMIT', 0, STEP)
    for _, id in ipairs(ids) do
        before = id
        local till = live_at and call('ZSCORE', ends_key(epoch, subject), id)
        if not live_at or (till and tonumber(till) > tonumber(live_at)) then
            page[#page + 1] = found(id, cut) or nil
        end
        if #page == limit then
            return { page, false }
        end
    end
    if #ids < STEP then
        return { page, false }
    end
    looked = looked + STEP
end
return { page, before }
