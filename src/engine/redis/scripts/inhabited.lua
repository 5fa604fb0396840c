-- The logs that some node has written to. ARGV: what the keys of their lists begin with, which lie in the same slot as the rest.
local keys = {}
for _, node in ipairs(redis.call('ZRANGE', leases, 0, -1)) do keys[#keys + 1] = ARGV[1] .. node end
if #keys == 0 then return {} end
return redis.call('SUNION', unpack(keys))
