local all = {}
for number = 2, #ARGV do
    all[number - 1] = found(ARGV[number])
end
return all
