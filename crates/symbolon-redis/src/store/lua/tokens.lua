-- The pair of a session: after sessions.
local function take_tokens()
    return {
        id = take(), from = take(), seen = take(), idle = take(), gen = take(), tokens = take(), access = take(),
        nonce = maybe(), used = maybe(),
    }
end

-- The session that the pair is for, if it is active and of the expected generation.
local function find_of(pair)
    local s = look(pair.id)
    return s and s.gen == pair.from and is_active(s) and s
end

local function write_tokens(s, pair)
    local key = session_key(s.id)
    -- The same pair again: a first use that was marked meanwhile stays marked.
    local used = pair.gen == pair.from and call('HGET', key, 'used') or pair.used
    call('HSET', key, 'seen', pair.seen, 'idle', pair.idle, 'gen', pair.gen, 'tokens', pair.tokens,
        'access', pair.access)
    if pair.nonce then
        call('HSET', key, 'nonce', pair.nonce)
    else
        call('HDEL', key, 'nonce')
    end
    if used then
        call('HSET', key, 'used', used)
    else
        call('HDEL', key, 'used')
    end
    s.idle = pair.idle
    index(s)
end
