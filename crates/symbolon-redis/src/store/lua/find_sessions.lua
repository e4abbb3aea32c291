local all = {}
for number = 2, #ARGV do
    all[number - 1] = found(ARGV[number])
    if not all[number - 1] and is_evicted(ARGV[number]) then
        return redis.error_reply('SYGONE a session is missing')
    end
end
return all
