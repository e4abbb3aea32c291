local members = {}
for number, inc in ipairs(call('SMEMBERS', P .. 'n')) do
    members[number] = { inc, call('HMGET', P .. 'n:' .. inc, 'node', 'lease', 'beat', 'applied', 'evicted',
        'may_fall_back', 'addr', 'seen') }
end
return members
