local entry, name, reason = take_audit(), take(), take()
local account = look_at_account(name)
if not account then
    return { false, rows }
end
local fault = restarted()
if fault then
    return fault
end
call('UNLINK', account_key(name))
call('ZREM', all_accounts(), name)
call('HDEL', names_of_subjects(), account[2])
audit(entry)
local _, count = cut_subject(account[2], reason, entry[1], entry[3], {})
return { digits(count), rows }
