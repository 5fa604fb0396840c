-- ARGV: node, control channel, number. Whether there was such a room.
local id = tonumber(ARGV[3])
local record = find(id)
if not record then return 0 end
unname(record)
redis.call('HDEL', records, id)
redis.call('PUBLISH', ARGV[2], cjson.encode({ 'dropped', ARGV[1], tostring(id), tostring(redis.call('INCR', version)) }))
return 1
