-- Takes from a dead node what it held in a room, and closes the log to it: some of it at a time, as it may be much. ARGV: the
-- dead node, room, control channel, how many names at a time, where to go on: at first `0`, then what the last call has returned
-- once its names are dealt with. Returns where to go on, nothing when that was all, and the folded form and the token of each
-- name that is free now.
local victim, room, control, slice, cursor = unpack(ARGV)
look()
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
    free(key, token)
    released[#released + 1] = { key, token }
    left[#left + 1] = unmark(victim, key) or nil
  end
  if cursor == '0' then cursor = 'rest' end
else
  -- Whoever has joined without a claim.
  for _, key in ipairs(redis.call('SPOP', inside, slice)) do left[#left + 1] = unmark(victim, key) or nil end
end
-- What is noted of names elsewhere is gone: from here on they need not be known.
if cursor == 'rest' and #released == 0 and redis.call('EXISTS', inside) == 0 then
  redis.call('DEL', claims)
  cursor = ''
end

if #left > 0 and open(0) then
  for _, name in ipairs(left) do presence('left', room, name) end
  publish(control, '', 0)
end
if #released > 0 or #left > 0 then redis.call('PUBLISH', control, cjson.encode({ 'room', '', room })) end
return { cursor, released }
