-- Notes that a node is about to write to a log; false when it is dead. KEYS 5: the node's logs. ARGV: node, log.
if redis.call('ZSCORE', dead, ARGV[1]) or not redis.call('ZSCORE', leases, ARGV[1]) then return 0 end
redis.call('SADD', KEYS[5], ARGV[2])
return 1
