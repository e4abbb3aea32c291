-- Sessions as they are read: after sessions.

-- A session's id and fields, with the newest cut that concerns it, unless that is known; false: there is none.
local function found(id, cut)
    local fields = call('HGETALL', session_key(id))
    if cut and #fields > 0 then
        return { id, fields, cut }
    end
    for place = 1, #fields, 2 do
        if fields[place] == 'subject' then
            return { id, fields, cut_of(fields[place + 1]) }
        end
    end
    return false
end

-- Whether a session that is not there should be: the index still has it, and its end is to come. Then Redis has evicted
-- it, and its absence proves nothing.
local function is_evicted(id)
    local till = call('ZSCORE', all_key(), id)
    return till and tonumber(till) > tonumber(call('TIME')[1]) * 1000
end
