-- The audit record: a stream, appended to in the step that it tells about.
local function take_audit()
    local entry = {}
    for field = 1, 8 do
        entry[field] = take()
    end
    return entry
end

-- at, event, actor, ip, user_agent, subject, session, detail. Always the same fields: a stream stores their names once.
local function audit(entry)
    call('XADD', P .. 'audit', '*', 'at', entry[1], 'event', entry[2], 'actor', entry[3], 'ip', entry[4],
        'user_agent', entry[5], 'subject', entry[6], 'session', entry[7], 'detail', entry[8])
end
