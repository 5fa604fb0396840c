-- Functions for scripts about one log; precedes them. All keys have the log's hash tag: the stream, the hash of log data (start, last,
-- closed, ahead-from, ahead, claims, erase, erased-to,
-- erase-began, erase-after), the members by folded name, the names held (claims.lua), the admitted nodes, and the last batch of
-- this node.
local log, info, joined, names, nodes, done = unpack(KEYS)

local PER_MS = 1024
local MAX_LEAD_MS = 1000
local DAY_MS = 86400000
local GUEST_INBOX_MS = 30 * DAY_MS
local STATE_PAGE = 256

local ms, prev, last, newest, lost, ahead
local written = {}

-- Formats an id; tostring would use an exponent.
local function text(id)
  return string.format('%.0f', id)
end

-- Returns the id of an id's entry in the stream.
local function entry(id)
  return string.format('%.0f-%d', math.floor(id / PER_MS), id % PER_MS)
end

-- Returns true for the inbox of a guest's client, which is removed after a time (trim.lua; event.ts, GUEST_INBOX_MS).
local function isOfGuest()
  return string.find(log, '/', 1, true) ~= nil
end

-- Reads the clock. An id has 1024 steps a millisecond, so ids of different logs are in order to a microsecond.
local function readClock()
  local time = redis.call('TIME')
  local micros = tonumber(time[2])
  ms = tonumber(time[1]) * 1000 + math.floor(micros / 1000)
  newest = ms * PER_MS + math.floor(micros % 1000 * PER_MS / 1000)
end

-- Reads the end of the log before events are written. Returns false if the log has ended. `floor` is the last id that followers have seen:
-- if the log ends before it, events are lost (unless it was removed, see isOfGuest), new ids start above it, and reading after an earlier id is
-- refused.
local function open(floor)
  readClock()
  local known = redis.call('HMGET', info, 'last', 'closed')
  if known[2] then return false end
  last = known[1] and tonumber(known[1]) or 0
  lost = floor > last and not isOfGuest()
  if floor > last then
    last = floor
    redis.call('HSET', info, 'start', text(floor), 'last', text(floor))
  elseif last == 0 then
    -- The start is before the first event, and after all ids of an earlier log of this name.
    redis.call('HSET', info, 'start', text(ms * PER_MS - 1))
  end
  prev = last
  return true
end

-- Writes an event. After the clock has gone back ids are ahead of it, and the event has a field with its time (event.ts, timeAt).
local function write(fields)
  last = math.max(last + 1, newest)
  if math.floor(last / PER_MS) - ms > MAX_LEAD_MS then
    fields[#fields + 1], fields[#fields + 2] = 'at', text(ms)
    ahead = { ahead and ahead[1] or last, last }
  end
  redis.call('XADD', log, entry(last), unpack(fields))
  written[#written + 1] = { text(last), fields }
end

local function writePresence(kind, room, from)
  write({ 'kind', kind, 'room', room, 'from', from, 'body', '' })
end

-- Publishes the written events with the node, the number of its batch and the log's last id before them. Returns the message; false if
-- nothing was written. The name of the channel has the start of the control channel's and the end of the stream's (keys.ts).
local function publish(control, node, number)
  if #written == 0 then return false end
  redis.call('HSET', info, 'last', text(last))
  if ahead then
    -- First and last remaining event with a field of its time.
    local known = redis.call('HMGET', info, 'start', 'ahead')
    if tonumber(known[2] or '0') <= tonumber(known[1] or '0') then redis.call('HSET', info, 'ahead-from', text(ahead[1])) end
    redis.call('HSET', info, 'ahead', text(ahead[2]))
  end
  local told = cjson.encode({ node, number, text(prev), written })
  local channel = string.sub(control, 1, -#'control' - 1) .. string.match(log, '{.*')
  redis.call('PUBLISH', channel, told)
  return told
end

-- Returns `here` if the node may write, `dead` if its claims were released, `unknown` if it was never admitted.
local function nodeState(node)
  local state = redis.call('HGET', nodes, node)
  if not state then return 'unknown' end
  return state == 'here' and 'here' or 'dead'
end

-- Returns the node of a token.
local function owner(token)
  return string.match(token, '^([^. ]+)')
end

-- Returns the name in a value of `joined`: the nodes of the membership separated by commas, a space, and the name.
local function nameOf(mark)
  return string.match(mark, '^%S+ (.*)$')
end

-- Returns the key of the hash of a node's claims in the room, token to folded name. With it and the set of members, the cost of a node's
-- cleanup does not depend on other nodes.
local function claimsOf(node)
  return string.sub(log, 1, -4) .. 'claims:' .. node
end

-- Returns the key of the set of members through a node, by folded name.
local function insideOf(node)
  return string.sub(log, 1, -4) .. 'inside:' .. node
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

-- Returns the key that holds the id of the event with a nonce for a day (event.ts, NONCE_MS).
local function nonceKey(key)
  return string.sub(log, 1, -4) .. 'nonce:' .. key
end

-- Returns the key of the hash of the room's state: the last event of each key (event.ts, stateChangeOf), as its id and its fields.
local function stateKey()
  return string.sub(log, 1, -4) .. 'state'
end

-- Returns the key of the index of the room's state, a sorted set: each key behind the address that it covers and a line feed, or without an
-- address if it concerns everybody; and `#` with the number of keys in the state, which another version of roomd changes alone. A state has
-- an index as soon as it has more than STATE_PAGE keys.
local function indexKey()
  return string.sub(log, 1, -4) .. 'keys'
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

-- Returns the key of the unfinished copy of the stream (erase.lua).
local function copyKey()
  return string.sub(log, 1, -4) .. 'copy'
end

-- Returns true up to the time `after` from which on the stream may be rewritten (erase.lua), unless the clock has gone back since.
local function rests(after)
  local left = tonumber(after or '0') - ms
  return left > 0 and left <= DAY_MS
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
