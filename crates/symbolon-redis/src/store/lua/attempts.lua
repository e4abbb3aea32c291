-- The counters of the throttle: one that is not there is zero.
local function clear_attempts(key)
    call('UNLINK', P .. 't:' .. key)
    call('ZREM', P .. 't', key)
end
