while taken < #ARGV do
    local s, gen = look(take()), take()
    if s and s[GEN] == gen and s[NONCE] ~= '' then
        s[NONCE] = ''
        put(s)
    end
end
return 1
