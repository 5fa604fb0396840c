-- Releases a name if the token holds it. ARGV: node, folded name, token, room, control channel.
local node, key, token, room, control = unpack(ARGV)
redis.call('HDEL', claimsOf(owner(token)), token)
if not free(key, token) then return 0 end
redis.call('PUBLISH', control, cjson.encode({ 'room', node, room }))
return 1
