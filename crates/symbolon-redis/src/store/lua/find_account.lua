-- By its name, or by its subject; with the newest cut that concerns it.
local name, subject = maybe(), maybe()
name = name or call('HGET', names_of_subjects(), subject)
local account = name and look_at_account(name)
if not account then
    return false
end
account[8] = cut_of(account[2])[1]
return account
