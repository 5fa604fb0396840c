-- The names that were seen first. KEYS: names, their order. ARGV: how many.
local found = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, ARGV[1] - 1)) do found[#found + 1] = redis.call('HGET', KEYS[1], key) end
return found
