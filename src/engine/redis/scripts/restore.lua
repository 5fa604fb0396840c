-- After Redis has lost something: claims again what a node holds in a room, and says `joined` again where that is missing.
-- ARGV: node, floor, room, control channel; then for each name the folded one, token, name, whether it has joined, colour.
-- Returns the folded names that somebody else holds meanwhile.
local node, floor, room, control = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
redis.call('HSET', nodes, node, 'here')
local conflicts = {}
if not open(floor) then return conflicts end
for at = 5, #ARGV, 5 do
  local key, token, name = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local held = redis.call('HGET', names, key)
  if held and string.match(held, '^%d+ (%S+)') ~= token then
    conflicts[#conflicts + 1] = key
  else
    if not held then
      local place = redis.call('HINCRBY', info, 'claims', 1)
      redis.call('HSET', names, key, place .. ' ' .. token .. ' ' .. name)
    end
    if ARGV[at + 3] == '1' and redis.call('HSETNX', joined, key, node .. ' ' .. name) == 1 then
      presence('joined', room, name, ARGV[at + 4])
    end
  end
end
publish('', 0)
redis.call('PUBLISH', control, cjson.encode({ 'room', '', room }))
return conflicts
