-- Gives a name back if it is held by this token. ARGV: node, folded name, token, room, control channel.
local held = redis.call('HGET', names, ARGV[2])
if not held or string.match(held, '^%d+ (%S+)') ~= ARGV[3] then return 0 end
redis.call('HDEL', names, ARGV[2])
redis.call('PUBLISH', ARGV[5], cjson.encode({ 'room', ARGV[1], ARGV[4] }))
return 1
