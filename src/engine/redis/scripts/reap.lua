-- Takes from a dead node what it held in a room, and closes the log to it. ARGV: the dead node, room, control channel.
-- Returns the folded names and tokens of what it held.
local victim, room, control = ARGV[1], ARGV[2], ARGV[3]
look()
for node, state in pairs((function()
  local all, found = redis.call('HGETALL', nodes), {}
  for at = 1, #all, 2 do found[all[at]] = all[at + 1] end
  return found
end)()) do
  if state ~= 'here' and tonumber(state) < ms - DAY_MS then redis.call('HDEL', nodes, node) end
end
redis.call('HSET', nodes, victim, text(ms))

local released = {}
local held = redis.call('HGETALL', names)
for at = 1, #held, 2 do
  local token = string.match(held[at + 1], '^%d+ (%S+)')
  if owner(token) == victim then
    redis.call('HDEL', names, held[at])
    released[#released + 1] = held[at]
    released[#released + 1] = token
  end
end
local inside = redis.call('HGETALL', joined)
local owed = {}
for at = 1, #inside, 2 do
  if owner(inside[at + 1]) == victim then owed[#owed + 1] = at end
end
if #owed > 0 and open(0) then
  for _, at in ipairs(owed) do
    redis.call('HDEL', joined, inside[at])
    presence('left', room, string.match(inside[at + 1], '^%S+ (.*)$'))
  end
  publish('', 0)
end
if #released > 0 or #owed > 0 then redis.call('PUBLISH', control, cjson.encode({ 'room', '', room })) end
return released
