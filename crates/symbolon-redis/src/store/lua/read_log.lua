-- Rows of the log with its ends, as they are at one instant.
local from, limit = take(), take()
local ends = call('HMGET', P .. 'm', 'seq', 'id', 'floor')
local entries = call('XRANGE', P .. 'log', from .. '-0', '+', 'COUNT', limit)
return { ends, entries }
