-- A late use never revives: the end, the idle end and both cuts are compared here.
while taken < #ARGV do
    local id, seen, idle = take(), take(), take()
    local s = look(id)
    if s and is_active(s) and tonumber(s[IDLE]) > tonumber(seen) then
        local is_later, lives_longer = tonumber(s[SEEN]) < tonumber(seen), tonumber(s[IDLE]) < tonumber(idle)
        if is_later then
            s[SEEN] = seen
        end
        if lives_longer then
            s[IDLE] = idle
        end
        if is_later or lives_longer then
            put(s)
        end
        index(s)
    end
end
return 1
