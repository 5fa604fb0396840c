-- Releases claims of a dead node in a room and appends the missing `left`, a slice at a time; excludes the node from the log. ARGV: the dead
-- node, room, control channel, maximum names, cursor: at first `0`, then the one of the last reply, after its names are removed from the
-- sets of held rooms. Returns the next cursor, empty at the end, and of each released name the folded form, the token, and the name.
local victim, room, control, slice, cursor = unpack(ARGV)
readClock()
local states = redis.call('HGETALL', nodes)
for at = 1, #states, 2 do
  local since = tonumber(states[at + 1])
  if since and since < ms - DAY_MS then redis.call('HDEL', nodes, states[at]) end
end
redis.call('HSET', nodes, victim, text(ms))

local claims, inside = claimsOf(victim), insideOf(victim)
local released, left = {}, {}
if cursor ~= 'rest' then
  local some
  cursor, some = unpack(redis.call('HSCAN', claims, cursor, 'COUNT', slice))
  for at = 1, #some, 2 do
    local token, key = some[at], some[at + 1]
    local claim = claimOf(key)
    free(key, token)
    released[#released + 1] = { key, token, claim and claim.name or key }
    left[#left + 1] = unmark(victim, key) or nil
  end
  if cursor == '0' then cursor = 'rest' end
else
  -- Members without a claim.
  for _, key in ipairs(redis.call('SPOP', inside, slice)) do left[#left + 1] = unmark(victim, key) or nil end
end
-- The last names are removed from the sets of held rooms: the claims are not needed any more.
if cursor == 'rest' and #released == 0 and redis.call('EXISTS', inside) == 0 then
  redis.call('DEL', claims)
  cursor = ''
end

if #left > 0 and open(0) then
  for _, name in ipairs(left) do writePresence('left', room, name) end
  publish(control, '', 0)
end
if #released > 0 or #left > 0 then redis.call('PUBLISH', control, cjson.encode({ 'room', '', room })) end
return { cursor, released }
