-- Goes on where log.lua ends, in every script about who holds a name.

local function tokenOf(held)
  return string.match(held, '^%d+ (%S+)')
end

local function take(node, key, token, name)
  local place = redis.call('HINCRBY', info, 'claims', 1)
  redis.call('HSET', names, key, place .. ' ' .. token .. ' ' .. name)
  redis.call('HSET', claimsOf(node), token, key)
end

-- Frees a name if it is held by this token.
local function free(key, token)
  local held = redis.call('HGET', names, key)
  if not held or tokenOf(held) ~= token then return false end
  redis.call('HDEL', names, key)
  return true
end
