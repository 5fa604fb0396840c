-- Where a log begins and ends. Returns nothing where it has ended or there is none; else its start, its last id, how many events it
-- holds, the time of the clock in ms, and those who have joined and not left.
local known = redis.call('HMGET', info, 'start', 'last', 'closed')
if not known[1] or not known[2] or known[3] then return false end
look()
local inside = {}
for _, mark in ipairs(redis.call('HVALS', joined)) do inside[#inside + 1] = nameOf(mark) end
return { known[1], known[2], redis.call('XLEN', log), text(ms), inside }
