local pair, entry = take_tokens(), take_audit()
local s = find_of(pair)
if not s then
    return 0
end
write_tokens(s, pair)
audit(entry)
return 1
