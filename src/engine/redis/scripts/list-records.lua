-- Records in an order. KEYS: the records of a kind, keys in an order. ARGV: the place of the first one and of the last one.
local found = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[2])) do
  local record = redis.call('HGET', KEYS[1], key)
  if record then found[#found + 1] = record end
end
return found
