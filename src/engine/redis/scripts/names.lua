-- Names in the order in which they were seen first. KEYS: names, their order. ARGV: the place of the first one and of the last one.
local found = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[2])) do found[#found + 1] = redis.call('HGET', KEYS[1], key) end
return found
