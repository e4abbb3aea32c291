local entry, there = take_audit(), {}
for place = taken + 1, #ARGV do
    if call('EXISTS', signing_key(ARGV[place])) == 1 then
        there[#there + 1] = ARGV[place]
    end
end
if #there == 0 then
    return { 0, rows }
end
local fault = restarted()
if fault then
    return fault
end
for _, id in ipairs(there) do
    call('DEL', signing_key(id))
    call('ZREM', all_signing_keys(), id)
end
audit(entry)
append('K', '', '', '', entry[1], 'revoked', entry[3])
return { 1, rows }
