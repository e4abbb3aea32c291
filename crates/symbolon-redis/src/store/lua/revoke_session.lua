local entry, id, reason = take_audit(), take(), take()
local s = look(id)
if not s then
    return { { 'unknown' }, rows }
end
if s[ENDED] ~= '' then
    return { { 'already', s[ENDED] }, rows }
end
local cut = cut_of(s[SUBJECT])
if tonumber(cut[1]) > tonumber(s[EPOCH]) then
    return { { 'already', cut[1] .. ' ' .. cut[2] .. ' ' .. cut[3] }, rows }
end
local fault = restarted()
if fault then
    return fault
end
-- Who ends a session by its id does not know whose it is.
entry[6] = s[SUBJECT]
audit(entry)
end_session(s, reason, entry[1], entry[3])
return { { 'done' }, rows }
