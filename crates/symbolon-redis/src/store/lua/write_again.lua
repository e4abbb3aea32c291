local at, seq, row, kind, session, subject, keep, reason =
    take(), take(), take(), take(), take(), take(), take(), take()
if is_there(seq, row) then
    return { 0, rows }
end
local fault = restarted()
if fault then
    return fault
end

-- Whether a later row says the same of the same.
local function is_said()
    local before = '+'
    repeat
        local page = call('XREVRANGE', P .. 'log', before, '(' .. seq .. '-0', 'COUNT', 500)
        for _, entry in ipairs(page) do
            local named = {}
            for place = 1, #entry[2], 2 do
                named[entry[2][place]] = entry[2][place + 1]
            end
            if named.kind == kind and named.session == session and named.subject == subject then
                return true
            end
            before = '(' .. entry[1]
        end
    until #page < 500
    return false
end

if kind == 'U' then
    if tonumber(cut_of(subject)[1]) < tonumber(seq) then
        local kept = {}
        for id in string.gmatch(keep, '%S+') do
            kept[#kept + 1] = id
        end
        audit_again(at, 'subject_revoked', subject, '', reason)
        cut_subject(subject, reason, at, ACTOR, kept)
    end
elseif kind == 'G' then
    if tonumber(store[2]) < tonumber(seq) then
        audit_again(at, 'everyone_revoked', '', '', reason)
        cut_everyone(reason, at, ACTOR)
    end
elseif kind == 'K' and session ~= '' then
    local key = P .. 'k:' .. session
    if call('EXISTS', key) == 1 and call('HSETNX', key, 'revoked_at', at) == 1 then
        audit_again(at, 'key_revoked', '', session, reason)
        append(kind, session, '', '', at, reason, ACTOR)
    end
elseif not is_said() then
    -- Whatever was changed then is lost; who has cached it has to read again.
    append(kind, session, subject, '', at, reason, ACTOR)
end
return { 1, rows }
