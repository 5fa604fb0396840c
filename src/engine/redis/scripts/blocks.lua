-- The blocks of a name and those against it: owner, place, name. As block.lua; ARGV 3: the folded name.
local key = ARGV[3]
local found = {}
local own = redis.call('HGETALL', ARGV[1] .. key)
for at = 1, #own, 2 do found[#found + 1] = { key, own[at + 1] } end
for _, owner in ipairs(redis.call('SMEMBERS', ARGV[2] .. key)) do
  local block = redis.call('HGET', ARGV[1] .. owner, key)
  if block and owner ~= key then found[#found + 1] = { owner, block } end
end
return found
