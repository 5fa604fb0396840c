-- Renews the lease of a node. ARGV: node, the epoch that it knows or an empty string, duration of a lease in ms, an epoch for an empty
-- server. Returns `dead`; or `ok`, or `lost` if the epoch differs because the server was emptied, then the epoch and nodes whose lease is over.
local node, known, lease, fresh = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('ZSCORE', dead, node) then return { 'dead' } end
redis.call('SET', epoch, fresh, 'NX')
local current = redis.call('GET', epoch)
local state = (known == '' or known == current) and 'ok' or 'lost'
-- If no node has renewed for a while, Redis was away rather than the nodes: their leases are extended.
local last = redis.call('GET', pulse)
if not last or now - tonumber(last) > lease * 0.6 then
  for _, other in ipairs(redis.call('ZRANGE', leases, 0, -1)) do redis.call('ZADD', leases, 'XX', 'GT', now + lease, other) end
end
redis.call('SET', pulse, now)
redis.call('ZADD', leases, now + lease, node)
return { state, current, unpack(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 16)) }
