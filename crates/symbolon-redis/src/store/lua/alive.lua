-- Sessions as scripts change them, and the indexes of the live ones: after sessions.

-- A subject's live sessions by id, and by the instant at which each ends by itself. The newest cut is in the name, as with
-- everyone's.
local function alive_key(epoch, subject)
    return P .. 'a:' .. epoch .. ':' .. subject
end
local function ends_key(epoch, subject)
    return P .. 'x:' .. epoch .. ':' .. subject
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

-- A session; nil: there is none.
local function look(id)
    local value = call('GET', session_key(id))
    if value then
        local s = { cmsgpack.unpack(value) }
        if #s ~= FIXED then
            error('the session ' .. id .. ' cannot be read')
        end
        s[ID] = id
        return s
    end
end

-- Writes it, to be kept for so many milliseconds at the soonest; '0': for good; nothing: as long as before.
local function put(s, ttl)
    local value = cmsgpack.pack(unpack(s, 1, FIXED))
    if not ttl then
        call('SET', session_key(s[ID]), value, 'KEEPTTL')
    elseif ttl == '0' then
        call('SET', session_key(s[ID]), value)
    else
        call('SET', session_key(s[ID]), value, 'PX', ttl)
    end
end

local function live_until(s)
    return tonumber(s[IDLE]) < tonumber(s[EXPIRES]) and s[IDLE] or s[EXPIRES]
end

-- Whether nobody has ended it.
local function is_active(s)
    return s[ENDED] == '' and tonumber(cut_of(s[SUBJECT])[1]) <= tonumber(s[EPOCH])
end

local function is_live(s, now)
    return is_active(s) and tonumber(now) < tonumber(live_until(s))
end

-- Notes when an active session ends by itself.
local function index_own(epoch, subject, id, till)
    if call('ZADD', ends_key(epoch, subject), till, id) == 1 then
        call('ZADD', alive_key(epoch, subject), 0, id)
    end
end
local function index(s)
    local till = live_until(s)
    index_own(s[EPOCH], s[SUBJECT], s[ID], till)
    call('ZADD', all_key(), till, s[ID])
end

local function unindex(s)
    call('ZREM', ends_key(s[EPOCH], s[SUBJECT]), s[ID])
    call('ZREM', alive_key(s[EPOCH], s[SUBJECT]), s[ID])
    call('ZREM', all_key(), s[ID])
end

-- Marks an active session as ended.
local function mark_ended(s, seq, at, reason)
    s[ENDED] = seq .. ' ' .. at .. ' ' .. reason
    put(s)
    unindex(s)
    call('ZADD', P .. 'd', at, s[ID])
end

-- Lets a subject's indexes go by themselves in so many milliseconds at the soonest, should nobody purge; '0': never. The
-- later by SLACK, so that not every new session writes that anew.
local SLACK = 24 * 60 * 60 * 1000

local function keep_for(key, ttl)
    local left = call('PTTL', key)
    if ttl == '0' then
        call('PERSIST', key)
    elseif left < tonumber(ttl) and (left >= 0 or call('ZCARD', key) == 1) then
        call('PEXPIRE', key, digits(tonumber(ttl) + SLACK))
    end
end
-- No index goes before the one by end: each is kept as long wherever that one is.
local function keep_indexes(epoch, subject, ttl)
    if ttl == '0' or call('PTTL', ends_key(epoch, subject)) < tonumber(ttl) then
        keep_for(P .. 'u:' .. subject, ttl)
        keep_for(alive_key(epoch, subject), ttl)
        keep_for(ends_key(epoch, subject), ttl)
    end
end
