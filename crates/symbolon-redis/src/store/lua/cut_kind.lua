-- Ends the sessions of one kind of device one by one: no cut can tell them from the others. At the most 500 in a step;
-- then it says after which to go on.
local ENDED_MAX = 500
local LOOKED_MAX = 1000

local entry, subject, reason, kind, after, first = take_audit(), take(), take(), take(), maybe(), take() == '1'
local kept = {}
for place = taken + 1, #ARGV do
    kept[ARGV[place]] = true
end
local epoch = cut_of(subject)[1]
local ids = call('ZRANGEBYLEX', alive_key(epoch, subject), after and '(' .. after or '-', '+', 'LIMIT', 0, LOOKED_MAX)
local ending, more = {}, #ids == LOOKED_MAX and ids[LOOKED_MAX]
for _, id in ipairs(ids) do
    local s = not kept[id] and look(id)
    if s and s[KIND] == '+' .. kind and is_live(s, entry[1]) then
        ending[#ending + 1] = s
    end
    if #ending == ENDED_MAX then
        more = id
        break
    end
end
if #ending > 0 then
    local fault = restarted()
    if fault then
        return fault
    end
    if first then
        audit(entry)
    end
    end_sessions(ending, reason, entry)
end
return { { more, #ending }, rows }
