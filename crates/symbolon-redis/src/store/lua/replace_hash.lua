local entry, name, expected, password = take_audit(), take(), take(), take()
if call('HGET', account_key(name), 'password') ~= expected then
    return 0
end
call('HSET', account_key(name), 'password', password)
audit(entry)
return 1
