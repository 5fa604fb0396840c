-- Admits a node to a room's log. ARGV: node. Returns 0 if it is dead.
if nodeState(ARGV[1]) == 'dead' then return 0 end
redis.call('HSET', nodes, ARGV[1], 'here')
return 1
