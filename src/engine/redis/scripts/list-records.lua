-- Returns records in order. KEYS: the records of a kind, a sorted set of keys. ARGV: first and last index.
local found = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[2])) do
  local record = redis.call('HGET', KEYS[1], key)
  if record then found[#found + 1] = record end
end
return found
