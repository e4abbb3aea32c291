local all = {}
for number, id in ipairs(call('ZRANGE', all_signing_keys(), 0, -1)) do
    all[number] = { id, call('HGETALL', signing_key(id)) }
end
return all
