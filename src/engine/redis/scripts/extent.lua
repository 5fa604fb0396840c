-- Returns the start of a log, its last id, the number of its events, the time in ms, and the names of the members; false if there is no such
-- log or it has ended.
local known = redis.call('HMGET', info, 'start', 'last', 'closed')
if not known[1] or not known[2] or known[3] then return false end
readClock()
local inside = {}
for _, mark in ipairs(redis.call('HVALS', joined)) do inside[#inside + 1] = nameOf(mark) end
return { known[1], known[2], redis.call('XLEN', log), text(ms), inside }
