-- API keys. By their names, by the instant at which each was made, and the clients that have one.
local function api_key(id)
    return P .. 'k:' .. id
end
local function all_api_keys()
    return P .. 'k'
end
local function clients_with_keys()
    return P .. 'kc'
end

-- A key's id and fields; false: there is none.
local function found_api_key(id)
    local fields = call('HGETALL', api_key(id))
    return #fields > 0 and { id, fields }
end
