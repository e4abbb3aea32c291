while taken < #ARGV do
    local key, gen, used = session_key(take()), take(), take()
    if call('HGET', key, 'gen') == gen then
        call('HSETNX', key, 'used', used)
    end
end
return 1
