-- After Redis has lost something: makes what a node holds in a room what the node says, whatever became of it. Claims again,
-- says `joined` again where that is missing, and `left` of whoever has gone meanwhile. ARGV: node, floor, room, control channel;
-- then for each name the folded one, token, name, whether it has joined, colour. Returns the folded names that somebody else
-- holds by now.
local node, floor, room, control = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local conflicts = {}
redis.call('HSET', nodes, node, 'here')
if not open(floor) then return conflicts end

local claimed, inside = {}, {}
for at = 5, #ARGV, 5 do
  claimed[ARGV[at]] = ARGV[at + 1]
  inside[ARGV[at]] = ARGV[at + 3] == '1'
end
local held = redis.call('HGETALL', names)
for at = 1, #held, 2 do
  local token = string.match(held[at + 1], '^%d+ (%S+)')
  if owner(token) == node and claimed[held[at]] ~= token then redis.call('HDEL', names, held[at]) end
end
local marks = redis.call('HGETALL', joined)
for at = 1, #marks, 2 do
  if owner(marks[at + 1]) == node and not inside[marks[at]] then
    redis.call('HDEL', joined, marks[at])
    presence('left', room, string.match(marks[at + 1], '^%S+ (.*)$'))
  end
end

for at = 5, #ARGV, 5 do
  local key, token, name = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local by = redis.call('HGET', names, key)
  if by and string.match(by, '^%d+ (%S+)') ~= token then
    conflicts[#conflicts + 1] = key
  else
    if not by then
      local place = redis.call('HINCRBY', info, 'claims', 1)
      redis.call('HSET', names, key, place .. ' ' .. token .. ' ' .. name)
    end
    if inside[key] and redis.call('HSETNX', joined, key, node .. ' ' .. name) == 1 then
      presence('joined', room, name, ARGV[at + 4])
    end
  end
end
publish('', 0)
redis.call('PUBLISH', control, cjson.encode({ 'room', '', room }))
return conflicts
