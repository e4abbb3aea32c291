-- Sessions, and the cuts that end them. A session is one value: its fields one after the other, each packed as a text; an
-- absent one is empty. What is behind USED no script looks into but to compare.
local EPOCH, SUBJECT, GEN, EXPIRES, IDLE, ENDED, SEEN, ACCESS, PROOF, NONCE, USED, KIND, TOKENS, LIVES, FIXED =
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
-- Its id is in its key: beside the fields here.
local ID = FIXED + 1

-- The newer of a subject's own cut and everyone's: position, instant, reason.
local function newer_cut(own)
    if own[1] and tonumber(own[1]) > tonumber(store[2]) then
        return { own[1], own[2], own[3] }
    end
    return { store[2], store[3], store[4] }
end
local function cut_of(subject)
    return newer_cut(call('HMGET', P .. 'su:' .. subject, 'epoch', 'at', 'reason'))
end

local function session_key(id)
    return P .. 's:' .. id
end
-- Everyone's live sessions, by the instant at which each ends by itself. The newest cut of everyone is in the name: so
-- that cut leaves them all behind at once, however many they are.
local function all_key()
    return P .. 'l:' .. store[2]
end
