-- As block.lua, without the name as written.
redis.call('HDEL', ARGV[1] .. ARGV[3], ARGV[4])
redis.call('SREM', ARGV[2] .. ARGV[4], ARGV[3])
return 1
