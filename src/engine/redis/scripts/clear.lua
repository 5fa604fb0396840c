-- Removes all events of a log; its ids go on rising. ARGV: control channel, name of the log.
local known = redis.call('HGET', info, 'last')
if not known then return 0 end
redis.call('UNLINK', log, copyKey())
redis.call('HDEL', info, 'erase', 'erased-to', 'erase-began')
redis.call('HSET', info, 'start', known)
redis.call('PUBLISH', ARGV[1], cjson.encode({ 'trimmed', '', ARGV[2], known }))
return 1
