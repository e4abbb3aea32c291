local entry, id = take_audit(), take()
if call('EXISTS', api_key(id)) == 0 then
    return { 0, rows }
end
local fault = restarted()
if fault then
    return fault
end
-- A key that ended keeps the instant of its first end.
call('HSETNX', api_key(id), 'revoked_at', entry[1])
audit(entry)
append('K', id, '', '', entry[1], 'revoked', entry[3])
return { 1, rows }
