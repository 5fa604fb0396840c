-- Removes the record of a closed room. ARGV: control channel, id. Returns 1 if there was such a room.
local id = tonumber(ARGV[2])
local record = find(id)
if not record then return 0 end
removeNames(record)
redis.call('HDEL', records, id)
redis.call('ZREM', said, id)
if record.maker then redis.call('SREM', roomsFrom(record.maker.address), id) end
redis.call('PUBLISH', ARGV[1], cjson.encode({ 'dropped', '', tostring(id), tostring(redis.call('INCR', version)) }))
return 1
