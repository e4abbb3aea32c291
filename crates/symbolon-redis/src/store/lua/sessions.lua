-- Sessions, the cuts that end them, and the indexes that find them.

-- The newer of a subject's cut and everyone's: position, instant, reason.
local function cut_of(subject)
    local own = call('HMGET', P .. 'su:' .. subject, 'epoch', 'at', 'reason')
    if own[1] and tonumber(own[1]) > tonumber(store[2]) then
        return own
    end
    return { store[2], store[3], store[4] }
end

local function session_key(id)
    return P .. 's:' .. id
end

-- A subject's live sessions by id, and by the instant at which each ends by itself. The newest cut is in the name: so
-- a cut leaves them all behind at once, however many they are.
local function alive_key(epoch, subject)
    return P .. 'a:' .. epoch .. ':' .. subject
end
local function ends_key(epoch, subject)
    return P .. 'x:' .. epoch .. ':' .. subject
end
-- Everyone's, by the same instant.
local function all_key()
    return P .. 'l:' .. store[2]
end

-- How many of everyone's are alive.
local function count_live(now)
    local count = call('ZCOUNT', all_key(), '(' .. now, '+inf')
    local owed = call('HGETALL', P .. 'w')
    for place = 2, #owed, 2 do
        -- A subject's cut had ended these, and they are not marked yet.
        local epoch, subject = string.match(owed[place], '^%S+ %S+ (%S+) (.+)$')
        if subject and tonumber(epoch) >= tonumber(store[2]) then
            count = count - call('ZCOUNT', ends_key(epoch, subject), '(' .. now, '+inf')
        end
    end
    return count
end

-- What a decision needs to know of a session; nil: there is none.
local function look(id)
    local f = call('HMGET', session_key(id), 'subject', 'epoch', 'ended', 'expires', 'idle', 'gen')
    if f[1] then
        return { id = id, subject = f[1], epoch = f[2], ended = f[3], expires = f[4], idle = f[5], gen = f[6] }
    end
end

local function live_until(s)
    return tonumber(s.idle) < tonumber(s.expires) and s.idle or s.expires
end

-- Whether nobody has ended it.
local function is_active(s)
    return not s.ended and tonumber(cut_of(s.subject)[1]) <= tonumber(s.epoch)
end

local function is_live(s, now)
    return is_active(s) and tonumber(now) < tonumber(live_until(s))
end

-- Notes when an active session ends by itself.
local function index(s)
    local till = live_until(s)
    if call('ZADD', ends_key(s.epoch, s.subject), till, s.id) == 1 then
        call('ZADD', alive_key(s.epoch, s.subject), 0, s.id)
    end
    call('ZADD', all_key(), till, s.id)
end

local function unindex(s)
    call('ZREM', ends_key(s.epoch, s.subject), s.id)
    call('ZREM', alive_key(s.epoch, s.subject), s.id)
    call('ZREM', all_key(), s.id)
end

-- Marks an active session as ended.
local function mark_ended(s, seq, at, reason)
    call('HSET', session_key(s.id), 'ended', seq .. ' ' .. at .. ' ' .. reason)
    unindex(s)
    call('ZADD', P .. 'd', at, s.id)
end

-- Lets an index go by itself in so many milliseconds at the soonest, should nobody purge; '0': never.
local function keep_for(key, ttl)
    local left = call('PTTL', key)
    if ttl == '0' then
        call('PERSIST', key)
    elseif left < tonumber(ttl) and (left >= 0 or call('ZCARD', key) == 1) then
        call('PEXPIRE', key, ttl)
    end
end
