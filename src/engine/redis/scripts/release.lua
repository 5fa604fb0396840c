-- Gives a name back if it is held by this token. ARGV: node, folded name, token, room, control channel.
local node, key, token, room, control = unpack(ARGV)
redis.call('HDEL', claimsOf(owner(token)), token)
if not free(key, token) then return 0 end
redis.call('PUBLISH', control, cjson.encode({ 'room', node, room }))
return 1
