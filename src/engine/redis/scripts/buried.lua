-- Nothing of a dead node is left. KEYS 5: the node's logs. ARGV: node.
redis.call('ZREM', leases, ARGV[1])
redis.call('DEL', KEYS[5])
return 1
