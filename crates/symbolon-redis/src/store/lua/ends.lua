-- Ends of single sessions: after the log, the audit record and sessions.

local function end_session(s, reason, at, actor)
    mark_ended(s, append('S', s[ID], '', '', at, reason, actor), at, reason)
end

-- Ends sessions, each with an entry of its own: who and where from are those of what ended them.
local function end_sessions(ending, reason, cause)
    for _, s in ipairs(ending) do
        audit({ cause[1], 'revoked', cause[3], cause[4], cause[5], s[SUBJECT], s[ID], reason })
        end_session(s, reason, cause[1], cause[3])
    end
end
