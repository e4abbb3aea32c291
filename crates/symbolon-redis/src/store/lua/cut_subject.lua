local entry, subject, reason = take_audit(), take(), take()
local keep = {}
for place = taken + 1, #ARGV do
    keep[#keep + 1] = ARGV[place]
end
local fault = restarted()
if fault then
    return fault
end
audit(entry)
local _, count = cut_subject(subject, reason, entry[1], entry[3], keep)
return { digits(count), rows }
