-- Returns the logs to which any live node may write. ARGV: prefix of the keys of the nodes' sets of logs, which are in the same slot.
local keys = {}
for _, node in ipairs(redis.call('ZRANGE', leases, 0, -1)) do keys[#keys + 1] = ARGV[1] .. node end
if #keys == 0 then return {} end
return redis.call('SUNION', unpack(keys))
