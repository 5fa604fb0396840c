-- Removes the lease and the set of logs of a dead node after its cleanup. KEYS[5]: the node's logs. ARGV: node.
redis.call('ZREM', leases, ARGV[1])
redis.call('DEL', KEYS[5])
return 1
