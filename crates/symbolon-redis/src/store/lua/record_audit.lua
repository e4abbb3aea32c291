while taken < #ARGV do
    audit(take_audit())
end
return 1
