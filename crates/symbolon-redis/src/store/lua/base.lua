-- What every script begins with. KEYS[1] is what every key of the store begins with; ARGV[1] is the store's own id.
-- Numbers are doubles here: positions and instants stay exact up to 2^53, which both reach in the year 2255. They are
-- kept, passed and compared as digits, since a number's own text would lose some.
local P, call = KEYS[1], redis.call
local taken = 1
local function take()
    taken = taken + 1
    return ARGV[taken]
end
-- One that may be absent: nothing, or a plus sign and then the value.
local function maybe()
    local value = take()
    return value ~= '' and string.sub(value, 2)
end
local function digits(number)
    return string.format('%.0f', number)
end

local store = call('HMGET', P .. 'm', 'cluster_id', 'epoch', 'epoch_at', 'epoch_reason')
-- That something is not in the store is an answer; that the store is not there is none.
if not store[1] then
    return redis.error_reply('SYLOST the store is gone: redis was emptied, or started without its data')
end
if store[1] ~= ARGV[1] then
    return redis.error_reply('SYOTHER another store has taken the place of the one that was opened')
end
