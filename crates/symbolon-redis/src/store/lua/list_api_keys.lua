local all = {}
for _, id in ipairs(call('ZREVRANGE', all_api_keys(), 0, -1)) do
    all[#all + 1] = found_api_key(id) or nil
end
return all
