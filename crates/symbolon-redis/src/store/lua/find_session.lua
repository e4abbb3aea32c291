local id = take()
local one = found(id)
if not one and is_evicted(id) then
    return redis.error_reply('SYGONE a session is missing')
end
return one
