-- Where a log ends. ARGV: floor. Returns what is still known of it: its start, its last id, whether it had fallen behind.
local floor = tonumber(ARGV[1])
local known = redis.call('HMGET', info, 'start', 'last')
local last = known[2] and tonumber(known[2]) or 0
if floor <= last or redis.call('HEXISTS', info, 'closed') == 1 then return { known[1] or '0', known[2] or '0', '0' } end
redis.call('HSET', info, 'start', text(floor), 'last', text(floor))
return { text(floor), text(floor), '1' }
