-- Keys that sign access tokens, sealed. There are few: their names are in one index, by the instant of their making.
local function signing_key(id)
    return P .. 'sk:' .. id
end
local function all_signing_keys()
    return P .. 'sk'
end
