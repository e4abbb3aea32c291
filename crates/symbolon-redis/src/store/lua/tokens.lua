-- The pair of a session: after alive.
local function take_tokens()
    return {
        id = take(), from = take(), seen = take(), idle = take(), gen = take(), tokens = take(), access = take(),
        nonce = take(), used = take(),
    }
end

-- The session that the pair is for, if it is active and of the expected generation.
local function find_of(pair)
    local s = look(pair.id)
    return s and s[GEN] == pair.from and is_active(s) and s
end

local function write_tokens(s, pair)
    -- The same pair again: a first use that was marked meanwhile stays marked.
    if pair.gen ~= pair.from or s[USED] == '' then
        s[USED] = pair.used
    end
    s[SEEN], s[IDLE], s[GEN], s[TOKENS] = pair.seen, pair.idle, pair.gen, pair.tokens
    s[ACCESS], s[NONCE] = pair.access, pair.nonce
    put(s)
    index(s)
end
