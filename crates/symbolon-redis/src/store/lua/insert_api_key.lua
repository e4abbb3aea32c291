local entry, id, most, created, client = take_audit(), take(), take(), take(), maybe()
if call('ZCARD', all_api_keys()) >= tonumber(most) then
    return 0
end
if call('EXISTS', api_key(id)) == 1 then
    return redis.error_reply('SYTWICE there is an API key of that id')
end
local fields = { 'created', created }
for place = taken + 1, #ARGV do
    fields[#fields + 1] = ARGV[place]
end
if client then
    fields[#fields + 1] = 'client'
    fields[#fields + 1] = client
    call('SADD', clients_with_keys(), client)
end
call('HSET', api_key(id), unpack(fields))
call('ZADD', all_api_keys(), created, id)
audit(entry)
return 1
