-- A node lives. ARGV: node, how often Redis has told it so, ms of a lease. Returns `ok`, `dead`, or `lost` when Redis has
-- forgotten a renewal that it had confirmed; then the count, and those whose lease is over.
local node, beat, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('ZSCORE', dead, node) then return { 'dead' } end
local known = tonumber(redis.call('HGET', beats, node) or '0')
local state = known < beat and 'lost' or 'ok'
beat = math.max(known, beat) + 1
redis.call('HSET', beats, node, beat)
-- Where nobody has renewed for a while it was Redis that was away, and not the nodes: they get the time to come back.
local last = redis.call('GET', pulse)
if not last or now - tonumber(last) > lease * 0.6 then
  for _, other in ipairs(redis.call('ZRANGE', leases, 0, -1)) do redis.call('ZADD', leases, 'XX', 'GT', now + lease, other) end
end
redis.call('SET', pulse, now)
redis.call('ZADD', leases, now + lease, node)
return { state, tostring(beat), unpack(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 16)) }
