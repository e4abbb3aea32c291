-- Accounts: after sessions. A subject has one at the most, so each is found by either.
local function account_key(name)
    return P .. 'ac:' .. name
end
local function all_accounts()
    return P .. 'ac'
end
local function names_of_subjects()
    return P .. 'as'
end

-- An account as it is read; nil: there is none.
local function look_at_account(name)
    local f = call('HMGET', account_key(name), 'subject', 'password', 'role', 'state', 'created', 'changed')
    if f[1] then
        return { name, f[1], f[2], f[3], f[4], f[5], f[6] }
    end
end
