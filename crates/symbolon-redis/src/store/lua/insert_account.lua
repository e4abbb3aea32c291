local entry, only_first = take_audit(), take() == '1'
local name, subject, password, role, state, created, changed =
    take(), take(), take(), take(), take(), take(), take()
if only_first and call('ZCARD', all_accounts()) > 0 then
    return 0
end
if look_at_account(name) or call('HEXISTS', names_of_subjects(), subject) == 1 then
    return 0
end
call('HSET', account_key(name), 'subject', subject, 'password', password, 'role', role, 'state', state,
    'created', created, 'changed', changed)
call('ZADD', all_accounts(), 0, name)
call('HSET', names_of_subjects(), subject, name)
audit(entry)
return 1
