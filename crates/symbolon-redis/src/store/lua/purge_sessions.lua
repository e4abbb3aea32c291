-- Removes sessions that ended at or before an instant: by somebody, then by themselves.
local ended_by, batch = take(), tonumber(take())
local ids = call('ZRANGEBYSCORE', P .. 'd', '-inf', ended_by, 'LIMIT', 0, batch)
if #ids < batch then
    for _, id in ipairs(call('ZRANGEBYSCORE', all_key(), '-inf', ended_by, 'LIMIT', 0, batch - #ids)) do
        ids[#ids + 1] = id
    end
end
for _, id in ipairs(ids) do
    local s = look(id)
    if s then
        unindex(s)
        call('ZREM', P .. 'u:' .. s[SUBJECT], id)
        call('UNLINK', session_key(id))
    end
    call('ZREM', P .. 'd', id)
    call('ZREM', all_key(), id)
    call('ZREM', P .. 'i', id)
end
return #ids
