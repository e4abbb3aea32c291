while taken < #ARGV do
    local s, gen, used = look(take()), take(), take()
    if s and s[GEN] == gen and s[USED] == '' then
        s[USED] = used
        put(s)
    end
end
return 1
