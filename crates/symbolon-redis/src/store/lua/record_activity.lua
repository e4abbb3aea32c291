-- A late use never revives: the end, the idle end and both cuts are compared here.
while taken < #ARGV do
    local id, seen, idle = take(), take(), take()
    local s = look(id)
    if s and is_active(s) and tonumber(s.idle) > tonumber(seen) then
        local key = session_key(id)
        if tonumber(call('HGET', key, 'seen')) < tonumber(seen) then
            call('HSET', key, 'seen', seen)
        end
        if tonumber(s.idle) < tonumber(idle) then
            s.idle = idle
            call('HSET', key, 'idle', idle)
        end
        index(s)
    end
end
return 1
