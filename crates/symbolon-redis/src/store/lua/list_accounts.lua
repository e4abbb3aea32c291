local after, limit = maybe(), take()
local page = {}
for _, name in ipairs(call('ZRANGEBYLEX', all_accounts(), after and '(' .. after or '-', '+', 'LIMIT', 0, limit)) do
    page[#page + 1] = look_at_account(name)
end
return page
