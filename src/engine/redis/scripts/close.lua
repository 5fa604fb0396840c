-- Appends a `left` for each member and `closed` to a room's log, and releases all names. ARGV: node, number of the batch, floor, room,
-- control channel, time in ms for which the log can still be read. Returns the message to followers; false if the log has ended.
local node, number, floor, room, control, keep = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
if isLate(number) or not open(floor) then return false end
for _, by in ipairs(redis.call('HVALS', joined)) do writePresence('left', room, nameOf(by)) end
write({ 'kind', 'closed', 'room', room, 'from', '', 'body', '' })
redis.call('HSET', info, 'closed', text(last))
redis.call('SET', done, table.concat({ number, text(last), '', text(ms) }, ' '), 'PX', DAY_MS)
redis.call('DEL', joined, names, stateKey(), indexKey())
for _, other in ipairs(redis.call('HKEYS', nodes)) do redis.call('DEL', insideOf(other)) end
redis.call('PEXPIRE', log, keep)
local told = publish(control, node, number)
redis.call('PUBLISH', control, cjson.encode({ 'room', node, room }))
return told
