-- Revocations that members have applied and the store has lost: after the log and the audit record.
local ACTOR = 'system'

-- Whether the row was not lost after all.
local function is_there(seq, id)
    local found = call('XRANGE', P .. 'log', seq .. '-0', seq .. '-0')[1]
    for place = 1, found and #found[2] or 0, 2 do
        if found[2][place] == 'id' then
            return found[2][place + 1] == id
        end
    end
    return false
end

local function audit_again(at, event, subject, session, reason)
    audit({ at, event, ACTOR, '', '', subject, session, 'lost and written again: ' .. reason })
end
