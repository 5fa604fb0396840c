-- Where a log ends. ARGV: floor, an id that followers have seen. Returns what is still known of it: its start, its last id,
-- whether it has fallen behind the floor: it ends before that, or goes on behind it without having it any more.
local floor = tonumber(ARGV[1])
local known = redis.call('HMGET', info, 'start', 'last', 'closed')
local start, last = tonumber(known[1] or '0'), tonumber(known[2] or '0')
local lacking = floor > last or floor > start and floor < last and #redis.call('XRANGE', log, entry(floor), entry(floor)) == 0
if known[3] or not lacking then return { text(start), text(last), '0' } end
last = math.max(last, floor)
redis.call('HSET', info, 'start', text(floor), 'last', text(last))
return { text(floor), text(last), '1' }
