-- Removes events beyond the retention of a log, and sets its start to the last removed id. ARGV: maximum events or 0; time in ms before
-- which events are removed, or an empty string; maximum events to remove; control channel; name of the log. Returns the number of removed
-- events.
local most, oldest, slice = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local function idOf(event)
  local whole, count = string.match(event[1], '^(%d+)-(%d+)$')
  return tonumber(whole) * PER_MS + tonumber(count)
end

-- Returns the time of an event: from its field if it has one, else from its id.
local function timeOf(event)
  for at = 1, #event[2], 2 do
    if event[2][at] == 'at' then return tonumber(event[2][at + 1]) end
  end
  return math.floor(idOf(event) / PER_MS)
end

-- Returns the lowest id of an event that is not before a time, as events are ordered by id. The newest earlier event among those with a
-- field of their time, which rises, is found by binary search.
local function idBefore(time)
  local below = time * PER_MS
  local known = redis.call('HMGET', info, 'start', 'ahead-from', 'ahead')
  local low, high = tonumber(known[2] or '0') - 1, tonumber(known[3] or '0')
  if high <= tonumber(known[1] or '0') then return below end
  while low < high do
    local middle = math.ceil((low + high) / 2)
    local event = redis.call('XREVRANGE', log, entry(middle), entry(low + 1), 'COUNT', 1)[1]
    if event and timeOf(event) >= time then
      high = idOf(event) - 1
    else
      low = middle
      if event then below = math.max(below, idOf(event) + 1) end
    end
  end
  return below
end

local excess = most > 0 and math.min(redis.call('XLEN', log) - most, slice) or 0
local gone = {}
if excess > 0 then gone = redis.call('XRANGE', log, '-', '+', 'COUNT', excess) end
if #gone == 0 and oldest then gone = redis.call('XRANGE', log, '-', '(' .. entry(idBefore(oldest)), 'COUNT', slice) end
if #gone == 0 then return 0 end

local newest = idOf(gone[#gone])
redis.call('XTRIM', log, 'MINID', '=', entry(newest + 1))
local start = text(newest)
redis.call('HSET', info, 'start', start)
redis.call('PUBLISH', ARGV[4], cjson.encode({ 'trimmed', '', ARGV[5], start }))
return #gone
