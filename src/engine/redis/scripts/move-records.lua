-- Moves what version 0.1 kept of names to where it is kept now. KEYS: blocks; what were the order of names, unique values and their
-- count, each with what it is now. ARGV: what the keys of one name's blocks and of those against it began with, what the keys of
-- the index of blocks begin with. All of it lies in the same slot.
for at = 2, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[at]) == 1 then redis.call('RENAMENX', KEYS[at], KEYS[at + 1]) end
end
-- It was the count of blocks, and is a hash of them.
if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return 0 end
redis.call('DEL', KEYS[1])
local order = KEYS[1] .. ':order'
local cursor = '0'
local moved = 0
repeat
  local keys
  cursor, keys = unpack(redis.call('SCAN', cursor, 'MATCH', ARGV[1] .. '*', 'COUNT', 1000))
  for _, own in ipairs(keys) do
    local owner = string.sub(own, #ARGV[1] + 1)
    local blocks = redis.call('HGETALL', own)
    for at = 1, #blocks, 2 do
      local name = blocks[at]
      local place, written = string.match(blocks[at + 1], '^(%d+) (.*)$')
      local key = owner .. '\n' .. name
      redis.call('HSET', KEYS[1], key, cjson.encode({ owner = owner, name = written }))
      redis.call('ZADD', order, place, key)
      redis.call('ZADD', ARGV[3] .. owner, place, key)
      redis.call('ZADD', ARGV[3] .. name, place, key)
      redis.call('DEL', ARGV[2] .. name)
      moved = moved + 1
    end
    redis.call('DEL', own)
  end
until cursor == '0'
return moved
