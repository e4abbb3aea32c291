-- Bans. That a subject is banned stands beside its cut, which every log-in reads; why and until when in a key for each
-- ban. They are listed by their ends, and by their positions.
local function ban_key(seq)
    return P .. 'b:' .. seq
end
local function bans_by_position()
    return P .. 'b'
end
local function bans_by_end()
    return P .. 'be'
end

-- Digits that sort as their numbers do: no instant and no position has more than twenty.
local function sorted(number)
    return string.rep('0', 20 - #number) .. number
end
local function place_by_end(ends, seq)
    return sorted(ends) .. sorted(seq)
end
local function position_in(place)
    return string.match(place, '0*(%d+)$', 21)
end

-- The position of the ban in force at an instant; false: there is none.
local function ban_in_force(subject, now)
    local known = call('HMGET', P .. 'su:' .. subject, 'banned_until', 'ban')
    return known[1] and tonumber(now) < tonumber(known[1]) and known[2]
end

-- Lets a ban end at another instant than before.
local function move_end(seq, ends)
    call('ZREM', bans_by_end(), place_by_end(call('HGET', ban_key(seq), 'ends'), seq))
    call('ZADD', bans_by_end(), 0, place_by_end(ends, seq))
    call('HSET', ban_key(seq), 'ends', ends)
end

local function found_ban(seq)
    local fields = call('HGETALL', ban_key(seq))
    return #fields > 0 and { seq, fields }
end
