-- Lets a node write to a room's log. ARGV: node. False when it is dead.
if standing(ARGV[1]) == 'dead' then return 0 end
redis.call('HSET', nodes, ARGV[1], 'here')
return 1
