local inc = take()
call('UNLINK', P .. 'n:' .. inc)
call('SREM', P .. 'n', inc)
return 1
