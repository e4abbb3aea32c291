-- Sessions as they are read: after sessions.

-- A session's id and value, with the newest cut that concerns it, unless that is known; false: there is none.
local function found(id, cut)
    local value = call('GET', session_key(id))
    if not value then
        return false
    end
    if not cut then
        local _, _, subject = cmsgpack.unpack_limit(value, SUBJECT, 0)
        cut = cut_of(subject)
    end
    return { id, value, cut }
end

-- Whether a session that is not there should be: the index still has it, and its end is to come. Then Redis has evicted
-- it, and its absence proves nothing.
local function is_evicted(id)
    local till = call('ZSCORE', all_key(), id)
    return till and tonumber(till) > tonumber(call('TIME')[1]) * 1000
end
