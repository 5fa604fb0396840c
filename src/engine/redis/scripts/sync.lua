-- Returns the start of a log, its last id, and `1` if events up to the floor are lost: the log ends before it, or continues without it.
-- ARGV: floor, the last id that followers have seen.
local floor = tonumber(ARGV[1])
local known = redis.call('HMGET', info, 'start', 'last', 'closed')
local start, last = tonumber(known[1] or '0'), tonumber(known[2] or '0')
-- It was removed.
if last == 0 and isOfGuest() then return { text(floor), text(floor), '0' } end
local lacking = floor > last or floor > start and floor < last and #redis.call('XRANGE', log, entry(floor), entry(floor)) == 0
if known[3] or not lacking then return { text(start), text(last), '0' } end
last = math.max(last, floor)
redis.call('HSET', info, 'start', text(floor), 'last', text(last))
return { text(floor), text(last), '1' }
