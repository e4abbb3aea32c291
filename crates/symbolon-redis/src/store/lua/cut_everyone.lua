local entry, reason = take_audit(), take()
local fault = restarted()
if fault then
    return fault
end
audit(entry)
return { digits(cut_everyone(reason, entry[1], entry[3])), rows }
