-- Definitions for scripts about nodes; precedes them. All keys have the tag {nodes}: the ends of the leases, the times of death, the epoch
-- of the server, and the time of the last renewal by any node.
local leases, dead, epoch, pulse = unpack(KEYS)
local DAY_MS = 86400000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
