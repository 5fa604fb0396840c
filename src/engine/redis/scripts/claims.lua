-- Goes on where log.lua ends, in every script about who holds a name. Of a name stands: which claim of the room it is, the tokens that
-- hold it, each with a comma between, and the name. `*` before the tokens allows several nodes to hold it.

local function claimOf(key)
  local held = redis.call('HGET', names, key)
  if not held then return nil end
  local place, list, name = string.match(held, '^(%d+) (%S+) (.*)$')
  local claim = { place = place, name = name, tokens = {} }
  for token in string.gmatch(list, '[^,]+') do
    if token == '*' then claim.shared = true else claim.tokens[#claim.tokens + 1] = token end
  end
  return claim
end

local function keep(key, claim)
  local list = (claim.shared and '*,' or '') .. table.concat(claim.tokens, ',')
  redis.call('HSET', names, key, claim.place .. ' ' .. list .. ' ' .. claim.name)
end

local function placeOf(claim, token)
  for place, other in ipairs(claim and claim.tokens or {}) do
    if other == token then return place end
  end
end

-- Gives a name up for a token. Whether the name is free now.
local function free(key, token)
  local claim = claimOf(key)
  local place = placeOf(claim, token)
  if not place then return false end
  table.remove(claim.tokens, place)
  if #claim.tokens > 0 then
    keep(key, claim)
    return false
  end
  redis.call('HDEL', names, key)
  return true
end
