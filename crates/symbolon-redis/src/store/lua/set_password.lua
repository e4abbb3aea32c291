local entry, name, password, expected, throttle_key = take_audit(), take(), take(), maybe(), take()
-- The session that goes on: whose it is, and its new pair.
local kept_of = maybe()
local pair = kept_of and take_tokens()

local account = look_at_account(name)
if not account or (expected and expected ~= account[3]) then
    return { false, rows }
end
local fault = restarted()
if fault then
    return fault
end
local subject, at, actor = account[2], entry[1], entry[3]
call('HSET', account_key(name), 'password', password, 'changed', at)
if account[5] == 'password_disabled' then
    call('HSET', account_key(name), 'state', 'enabled')
end
clear_attempts(throttle_key)
audit(entry)
local own, keep = kept_of == subject and find_of(pair), {}
if own and own[SUBJECT] == subject then
    write_tokens(own, pair)
    keep[1] = own[ID]
end
local _, count = cut_subject(subject, 'password_changed', at, actor, keep)
if keep[1] then
    -- What is remembered of the session's old pair must not outlive it.
    append('A', keep[1], '', '', at, 'password_changed', actor)
end
return { digits(count), rows }
