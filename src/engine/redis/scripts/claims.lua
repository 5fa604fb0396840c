-- Functions for scripts about claims; follows log.lua. The hash of names has for each folded name: the place in the order of claiming, the
-- tokens of the claims separated by commas, and the name. A first token `*` allows several nodes to hold the name.

-- Returns the key of the hash of a node's claims in the room, token to folded name. With it and the set of members, the cost of a node's
-- cleanup does not depend on other nodes.
local function claimsOf(node)
  return keyOf('claims:' .. node)
end

-- Returns the client of a token; nil without one.
local function clientOf(token)
  return string.match(token, '^[^~@]*~(%w+)')
end

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

local function store(key, claim)
  local list = (claim.shared and '*,' or '') .. table.concat(claim.tokens, ',')
  redis.call('HSET', names, key, claim.place .. ' ' .. list .. ' ' .. claim.name)
end

local function indexOf(claim, token)
  for place, other in ipairs(claim and claim.tokens or {}) do
    if other == token then return place end
  end
end

-- Releases the claim of a token. Returns true if the name is free now.
local function free(key, token)
  local claim = claimOf(key)
  local index = indexOf(claim, token)
  if not index then return false end
  table.remove(claim.tokens, index)
  if #claim.tokens > 0 then
    store(key, claim)
    return false
  end
  redis.call('HDEL', names, key)
  return true
end
