while taken < #ARGV do
    local key, gen = session_key(take()), take()
    if call('HGET', key, 'gen') == gen then
        call('HDEL', key, 'nonce')
    end
end
return 1
