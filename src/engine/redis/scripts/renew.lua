-- A node lives. ARGV: node, the epoch that it knows or nothing, ms of a lease, the epoch for a server that has none. Returns `ok`,
-- `dead`, or `lost` when the epoch is another one, as the server was emptied; then the epoch, and those whose lease is over.
local node, known, lease, fresh = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('ZSCORE', dead, node) then return { 'dead' } end
redis.call('SET', epoch, fresh, 'NX')
local current = redis.call('GET', epoch)
local state = (known == '' or known == current) and 'ok' or 'lost'
-- Where nobody has renewed for a while it was Redis that was away, and not the nodes: they get the time to come back.
local last = redis.call('GET', pulse)
if not last or now - tonumber(last) > lease * 0.6 then
  for _, other in ipairs(redis.call('ZRANGE', leases, 0, -1)) do redis.call('ZADD', leases, 'XX', 'GT', now + lease, other) end
end
redis.call('SET', pulse, now)
redis.call('ZADD', leases, now + lease, node)
return { state, current, unpack(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 16)) }
