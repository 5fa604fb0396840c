-- Functions for scripts about the members of a room; follows log.lua and state.lua.

-- Returns the name in a value of `joined`: the nodes of the membership separated by commas, a space, and the name.
local function nameOf(mark)
  return string.match(mark, '^%S+ (.*)$')
end

-- Returns the key of the set of members through a node, by folded name.
local function insideOf(node)
  return keyOf('inside:' .. node)
end

-- Returns the other nodes of a membership, whether it has this node, and the name.
local function othersIn(key, node)
  local by = redis.call('HGET', joined, key)
  local others, here = {}, false
  for other in string.gmatch(by and string.match(by, '^%S+') or '', '[^,]+') do
    if other == node then here = true else others[#others + 1] = other end
  end
  return others, here, by and nameOf(by)
end

-- Returns the set of the nodes that hold a name. Several hold it only for one user (claim.lua).
local function holdersOf(key)
  local held = redis.call('HGET', names, key)
  local holders = {}
  for token in string.gmatch(held and string.match(held, '^%d+ (%S+)') or '', '[^,]+') do holders[owner(token) or ''] = true end
  return holders
end

-- Returns true if a membership exists through other nodes that hold the name.
local function isThroughOthers(key, node)
  local holders = holdersOf(key)
  for _, other in ipairs((othersIn(key, node))) do
    if holders[other] then return true end
  end
  return false
end

-- Adds a node to a membership. Returns false if the membership exists through other nodes that hold the name with it; one through nodes that
-- do not is an earlier user's.
local function mark(node, key, name)
  local others, _, was = othersIn(key, node)
  local holders = holdersOf(key)
  local together = {}
  for _, other in ipairs(others) do
    if holders[node] and holders[other] then
      together[#together + 1] = other
    else
      redis.call('SREM', insideOf(other), key)
    end
  end
  redis.call('SADD', insideOf(node), key)
  together[#together + 1] = node
  local isNew = #together == 1
  redis.call('HSET', joined, key, table.concat(together, ',') .. ' ' .. (isNew and name or was))
  return isNew
end

-- Removes a node from a membership. Returns the name if the membership has ended; else false, and whether it remains through other
-- nodes.
local function unmark(node, key)
  local others, here, name = othersIn(key, node)
  if not here then return false, false end
  redis.call('SREM', insideOf(node), key)
  if #others > 0 then
    redis.call('HSET', joined, key, table.concat(others, ',') .. ' ' .. name)
    return false, true
  end
  redis.call('HDEL', joined, key)
  setState('guest:' .. key)
  return name
end

-- Ends a membership through all nodes. Returns false if there is none.
local function unmarkAll(key)
  local by = redis.call('HGET', joined, key)
  if not by then return false end
  for node in string.gmatch(string.match(by, '^%S+'), '[^,]+') do redis.call('SREM', insideOf(node), key) end
  redis.call('HDEL', joined, key)
  setState('guest:' .. key)
  return true
end
