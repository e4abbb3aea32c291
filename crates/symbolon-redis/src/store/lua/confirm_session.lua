local pair, entry, proof, throttle_key = take_tokens(), take_audit(), take(), take()
local s = find_of(pair)
if not s then
    return { 0, rows }
end
local fault = restarted()
if fault then
    return fault
end
s[PROOF] = proof
write_tokens(s, pair)
clear_attempts(throttle_key)
audit(entry)
-- What is remembered of the session's old pair must not outlive it.
append('A', s[ID], '', '', entry[1], 'revoked', entry[3])
return { 1, rows }
