-- Moves the records of version 0.1 to their present keys. KEYS: blocks; the old and the new key of the order of names, of the unique values
-- and of their count. ARGV: old prefixes of the keys of a name's blocks and of blocks against it, prefix of the keys of the index of blocks.
-- All of these are in the same slot. Returns the number of moved blocks.
for at = 2, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[at]) == 1 then redis.call('RENAMENX', KEYS[at], KEYS[at + 1]) end
end
-- In version 0.1 this key was the count of blocks; now it is the hash of blocks.
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
