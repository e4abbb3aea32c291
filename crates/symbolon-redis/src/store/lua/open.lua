-- What the store says of itself; where there is none, one is made if that is wanted. This alone comes without the base.
local P, call = KEYS[1], redis.call
local cluster_id, format, key_check, high_water, head_id, make =
    ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6] == '1'
local kind = call('TYPE', P .. 'm').ok
if kind ~= 'none' and kind ~= 'hash' then
    return { 'foreign', kind }
end
local known = call('HMGET', P .. 'm', 'format', 'cluster_id', 'key_check', 'high_water')
if known[1] and known[2] and known[3] and known[4] then
    return { 'found', known[1], known[2], known[3], known[4] }
end
if kind == 'hash' then
    return { 'foreign', 'a hash without a format' }
end
if call('EXISTS', P .. 'log', P .. 'i', P .. 'audit') > 0 then
    return { 'torn' }
end
if not make then
    return { 'none' }
end
-- Of no run of any server: so the log's head jumps at once.
-- What is read most often comes first.
call('HSET', P .. 'm', 'cluster_id', cluster_id, 'epoch', '0', 'epoch_at', '0', 'epoch_reason', 'revoked', 'boot', 'none',
    'seq', '0', 'id', head_id, 'floor', '0', 'high_water', high_water, 'format', format, 'key_check', key_check)
return { 'fresh', format, cluster_id, key_check, high_water }
