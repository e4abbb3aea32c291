local written_by, batch = take(), take()
local old = {}
for _, entry in ipairs(call('XRANGE', P .. 'audit', '-', '+', 'COUNT', batch)) do
    -- The instant is always the first field.
    if tonumber(entry[2][2]) > tonumber(written_by) then
        break
    end
    old[#old + 1] = entry[1]
end
if #old > 0 then
    call('XDEL', P .. 'audit', unpack(old))
end
return #old
