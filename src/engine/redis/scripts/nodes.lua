-- Begins every script about the nodes there are. All keys carry the tag {nodes}: until when each node is taken to live, who
-- has died, which epoch of the server it is, and when any node renewed its lease last.
local leases, dead, epoch, pulse = unpack(KEYS)
local DAY_MS = 86400000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
