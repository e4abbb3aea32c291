-- Writes something that changes nothing.
return call('HSET', P .. 'm', 'cluster_id', ARGV[1])
