-- A session that was begun in a node's mirror comes home, if none of its id is there; as one that has ended, if a cut is
-- newer than what its node knows.
local cause = take_audit()
local id, known, ttl, packed = take(), take(), take(), take()
-- The first field is the cut, which the node does not know.
local new = { '', cmsgpack.unpack(packed) }
local subject = new[SUBJECT]

local cut = cut_of(subject)
local there = look(id)
if there then
    -- The same, as it was or as it was rotated since.
    local same = there[SUBJECT] == subject and there[FIXED] == new[FIXED]
        and (there[TOKENS] == new[TOKENS] or tonumber(there[GEN]) > tonumber(new[GEN]))
    return { same and 'there' or 'other', cut[1] }
end

local ended = tonumber(cut[1]) > tonumber(known)
new[ID], new[EPOCH] = id, cut[1]
if ended then
    new[ENDED] = cut[1] .. ' ' .. cut[2] .. ' ' .. cut[3]
end
put(new, ttl)
call('ZADD', P .. 'i', 0, id)
call('ZADD', P .. 'u:' .. subject, 0, id)
if ended then
    call('ZADD', P .. 'd', cut[2], id)
    keep_for(P .. 'u:' .. subject, ttl)
else
    index(new)
    keep_indexes(cut[1], subject, ttl)
end
audit(cause)
return { ended and 'ended' or 'there', cut[1] }
