-- Begins every script that writes to one log. All keys carry the log's hash tag, so they lie in one slot: the stream, what is
-- known of the log, who has joined and not left, who holds a name, which nodes may write, and what this node did last.
local log, info, joined, names, nodes, done = unpack(KEYS)

local PER_MS = 1024
local MAX_LEAD_MS = 1000
local DAY_MS = 86400000

local ms, prev, last, newest, lost, ahead
local written = {}

-- Doubles hold an id exactly, but would be written with an exponent.
local function text(id)
  return string.format('%.0f', id)
end

local function entry(id)
  return string.format('%.0f-%d', math.floor(id / PER_MS), id % PER_MS)
end

-- An id counts 1024 to the millisecond, so that it nearly tells microseconds: it rises across logs too.
local function look()
  local time = redis.call('TIME')
  local micros = tonumber(time[2])
  ms = tonumber(time[1]) * 1000 + math.floor(micros / 1000)
  newest = ms * PER_MS + math.floor(micros % 1000 * PER_MS / 1000)
end

-- Finds where the log ends; false when that is for good. `floor` is what followers have seen: no id falls below it, whatever
-- became of the log, and who asks for what came after an id below it must hear that it may be gone.
local function open(floor)
  look()
  local known = redis.call('HMGET', info, 'last', 'closed')
  if known[2] then return false end
  last = known[1] and tonumber(known[1]) or 0
  lost = floor > last
  if lost then
    last = floor
    redis.call('HSET', info, 'start', text(floor), 'last', text(floor))
  elseif last == 0 then
    -- A log begins before its first event: an id from an earlier life of the name is older.
    redis.call('HSET', info, 'start', text(ms * PER_MS - 1))
  end
  prev = last
  return true
end

-- Where the clock has gone back, ids are ahead of it until it has caught up, and the event carries its time (event.ts, timeAt).
local function write(fields)
  last = math.max(last + 1, newest)
  if math.floor(last / PER_MS) - ms > MAX_LEAD_MS then
    fields[#fields + 1], fields[#fields + 2] = 'at', text(ms)
    ahead = { ahead and ahead[1] or last, last }
  end
  redis.call('XADD', log, entry(last), unpack(fields))
  written[#written + 1] = { text(last), fields }
end

local function presence(kind, room, from, color)
  local fields = { 'kind', kind, 'room', room, 'from', from, 'body', '' }
  if color and color ~= '' then
    fields[9], fields[10] = 'color', color
  end
  write(fields)
end

-- Tells followers what was written, by whom, and behind what. Returns that. The channel of the log begins as the control
-- channel does and ends as the stream does (keys.ts).
local function publish(control, node, number)
  if #written == 0 then return false end
  redis.call('HSET', info, 'last', text(last))
  if ahead then
    -- The first and the last event with times of their own, of those that are still there.
    local known = redis.call('HMGET', info, 'start', 'ahead')
    if tonumber(known[2] or '0') <= tonumber(known[1] or '0') then redis.call('HSET', info, 'ahead-from', text(ahead[1])) end
    redis.call('HSET', info, 'ahead', text(ahead[2]))
  end
  local told = cjson.encode({ node, number, text(prev), written })
  local channel = string.sub(control, 1, -#'control' - 1) .. string.match(log, '{.*')
  redis.call('PUBLISH', channel, told)
  return told
end

-- `here` when the node may write; `dead` when its names were taken from it; `unknown` when the log has never heard of it.
local function standing(node)
  local state = redis.call('HGET', nodes, node)
  if not state then return 'unknown' end
  return state == 'here' and 'here' or 'dead'
end

-- The node that a token begins with.
local function owner(token)
  return string.match(token, '^([^. ]+)')
end

-- Who stands behind a mark in `joined`: the nodes by which they are in, each with a comma between, and the name.
local function nameOf(mark)
  return string.match(mark, '^%S+ (.*)$')
end

-- Of what all nodes hold in a room the part that is one node's: its tokens, each with the folded name, and the folded names of
-- those who have joined by it. What is done for a node costs what that node holds, however many there are.
local function claimsOf(node)
  return string.sub(log, 1, -4) .. 'claims:' .. node
end

local function insideOf(node)
  return string.sub(log, 1, -4) .. 'inside:' .. node
end

-- The nodes by which a name is in, other than one, and whether it is in by that one.
local function othersIn(key, node)
  local by = redis.call('HGET', joined, key)
  local others, here = {}, false
  for other in string.gmatch(by and string.match(by, '^%S+') or '', '[^,]+') do
    if other == node then here = true else others[#others + 1] = other end
  end
  return others, here, by and nameOf(by)
end

-- Whether other nodes may hold a name that a node holds.
local function shares(node, key)
  local held = redis.call('HGET', names, key)
  local list = held and string.match(held, '^%d+ %*(%S+)')
  return list and string.find(list, ',' .. node .. '.', 1, true) ~= nil
end

-- Holds the id of the event with a nonce for a day (event.ts, NONCE_MS).
local function nonceKey(key)
  return string.sub(log, 1, -4) .. 'nonce:' .. key
end

-- Notes that somebody has joined by a node. False when they are in by others, which share the name.
local function mark(node, key, name)
  local others, _, was = othersIn(key, node)
  redis.call('SADD', insideOf(node), key)
  if #others > 0 and shares(node, key) then
    redis.call('HSET', joined, key, table.concat(others, ',') .. ',' .. node .. ' ' .. was)
    return false
  end
  for _, other in ipairs(others) do redis.call('SREM', insideOf(other), key) end
  redis.call('HSET', joined, key, node .. ' ' .. name)
  return true
end

-- Who has joined by this node under this name, and is not in any more. False when there was nobody; then also whether it was somebody
-- who is in by others.
local function unmark(node, key)
  local others, here, name = othersIn(key, node)
  if not here then return false, false end
  redis.call('SREM', insideOf(node), key)
  if #others > 0 then
    redis.call('HSET', joined, key, table.concat(others, ',') .. ' ' .. name)
    return false, true
  end
  redis.call('HDEL', joined, key)
  return name
end
