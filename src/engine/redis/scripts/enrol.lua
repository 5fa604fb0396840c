-- Adds a log to the set of logs of a node, before the node is admitted to it. KEYS[5]: the node's logs. ARGV: node, log.
-- Returns 0 if the node is dead or has no lease.
if redis.call('ZSCORE', dead, ARGV[1]) or not redis.call('ZSCORE', leases, ARGV[1]) then return 0 end
redis.call('SADD', KEYS[5], ARGV[2])
return 1
