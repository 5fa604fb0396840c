-- Functions for scripts about one log; precedes them. All keys have the log's hash tag: the stream, the hash of log data (start, last,
-- closed, ahead-from, ahead, claims, erase, erased-to,
-- erase-began, erase-after), the members by folded name, the names held (claims.lua), the admitted nodes, and the last batch of
-- this node.
local log, info, joined, names, nodes, done = unpack(KEYS)

local PER_MS = 1024
local MAX_LEAD_MS = 1000
local DAY_MS = 86400000
local GUEST_INBOX_MS = 30 * DAY_MS

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

-- Returns the id of an entry in the stream.
local function idOf(name)
  local whole, count = string.match(name, '^(%d+)-(%d+)$')
  return tonumber(whole) * PER_MS + tonumber(count)
end

-- Returns the key of that name with the tag of the log.
local function keyOf(name)
  return string.sub(log, 1, -#'log' - 1) .. name
end

-- Returns true if the batch of that number, or a later one, is done or void: the call comes from a connection that was replaced.
local function isLate(number)
  local was = redis.call('GET', done)
  return was and tonumber(string.match(was, '^%d+')) >= tonumber(number)
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

-- Returns the key that holds the id of the event with a nonce for a day (event.ts, NONCE_MS).
local function nonceKey(key)
  return keyOf('nonce:' .. key)
end

-- Returns the key of the unfinished copy of the stream (erase.lua).
local function copyKey()
  return keyOf('copy')
end

-- Returns true up to the time `after` from which on the stream may be rewritten (erase.lua), unless the clock has gone back since.
local function rests(after)
  local left = tonumber(after or '0') - ms
  return left > 0 and left <= DAY_MS
end
