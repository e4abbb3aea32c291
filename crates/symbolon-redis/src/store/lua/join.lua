local inc, node, lease, beat, applied, evicted, may_fall_back, addr, seen =
    take(), take(), take(), take(), take(), take(), take(), maybe(), take()
local key = P .. 'n:' .. inc
local there = call('HGET', key, 'lease')
if there then
    -- Others wait by the lease that it was written with; all else the first heartbeat finds out.
    return there == lease and 1 or 0
end
call('HSET', key, 'node', node, 'lease', lease, 'beat', beat, 'applied', applied, 'evicted', evicted,
    'may_fall_back', may_fall_back, 'seen', seen)
if addr then
    call('HSET', key, 'addr', addr)
end
call('SADD', P .. 'n', inc)
return 1
