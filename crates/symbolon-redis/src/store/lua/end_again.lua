local at, lost = take(), {}
while taken < #ARGV do
    local id, seq, row, reason = take(), take(), take(), take()
    local s = not is_there(seq, row) and look(id)
    if s and is_live(s, at) then
        lost[#lost + 1] = { s, reason }
    end
end
if #lost > 0 then
    local fault = restarted()
    if fault then
        return fault
    end
end
for _, one in ipairs(lost) do
    audit_again(at, 'revoked', one[1][SUBJECT], one[1][ID], one[2])
    end_session(one[1], one[2], at, ACTOR)
end
return { 1, rows }
