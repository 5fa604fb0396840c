-- Functions for scripts about the state of a room; follows log.lua.
local STATE_PAGE = 256

-- Returns the key of the hash of the room's state: the last event of each key (event.ts, stateChangeOf), as its id and its fields.
local function stateKey()
  return keyOf('state')
end

-- Returns the key of the index of the room's state, a sorted set: each key behind the address that it covers and a line feed, or without an
-- address if it concerns everybody; and `#` with the number of keys in the state, which another version of roomd changes alone. A state has
-- an index as soon as it has more than STATE_PAGE keys.
local function indexKey()
  return keyOf('keys')
end

local PERSONAL = { banned = true, muted = true, invited = true }

-- Returns true for the bans, mutes and invitations of single nicknames.
local function isPersonal(key)
  return PERSONAL[string.match(key, '^%l+')] and not string.find(key, '*', 1, true)
end

-- Returns the address that a value of the state covers too.
local function addressIn(value)
  -- JSON within JSON: no text in the value has these quotes without strokes.
  local details = string.find(value, '"details","', 1, true)
  return details and string.match(value, '\\"address\\":\\"(%w+)', details)
end

local function putIntoIndex(key, value)
  local address = addressIn(value)
  if address then redis.call('ZADD', indexKey(), 0, address .. '\n' .. key) end
  if not isPersonal(key) then redis.call('ZADD', indexKey(), 0, '\n' .. key) end
end

-- Makes the index if the state is large. Returns the number of keys in the state if there is one.
local function indexedSize()
  local size = redis.call('HLEN', stateKey())
  if redis.call('ZSCORE', indexKey(), '#' .. size) then return size end
  redis.call('DEL', indexKey())
  if size <= STATE_PAGE then return false end
  local state = redis.call('HGETALL', stateKey())
  for at = 1, #state, 2 do putIntoIndex(state[at], state[at + 1]) end
  redis.call('ZADD', indexKey(), 0, '#' .. size)
  return size
end

-- Returns the keys in the index that cover an address; without one those that concern everybody.
local function indexedKeys(address)
  local keys = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', indexKey(), '[' .. address .. '\n', '(' .. address .. '\11')) do
    keys[#keys + 1] = string.sub(member, #address + 2)
  end
  return keys
end

-- Sets a key of the state, or removes it where there is no value. Returns the number of removed keys.
local function setState(key, value)
  local before = redis.call('HGET', stateKey(), key)
  if not before and not value then return 0 end
  local size = indexedSize()
  if size and before then redis.call('ZREM', indexKey(), '\n' .. key, (addressIn(before) or '') .. '\n' .. key) end
  if value then
    redis.call('HSET', stateKey(), key, value)
  else
    redis.call('HDEL', stateKey(), key)
  end
  if size then
    if value then putIntoIndex(key, value) end
    redis.call('ZREM', indexKey(), '#' .. size)
    redis.call('ZADD', indexKey(), 0, '#' .. redis.call('HLEN', stateKey()))
  end
  return value and 0 or 1
end
