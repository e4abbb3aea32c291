local entry, name, role, state, ends = take_audit(), take(), maybe(), maybe(), take() == '1'
local account = look_at_account(name)
if not account then
    return { false, rows }
end
local fault = restarted()
if fault then
    return fault
end
call('HSET', account_key(name), 'role', role or account[4], 'state', state or account[5])
audit(entry)
local count = 0
if ends then
    local _, ended = cut_subject(account[2], 'banned', entry[1], entry[3], {})
    count = ended
else
    -- What it may do has changed.
    append('A', '', account[2], '', entry[1], 'revoked', entry[3])
end
return { digits(count), rows }
