return call('HMGET', P .. 't:' .. take(), 'failures', 'next')
