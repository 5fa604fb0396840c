-- Removes events beyond the retention of a log, and sets its start to the last removed id; removes the inbox of a guest's client that has ended. ARGV: maximum events and days, 0 for no limit;
-- the time in ms; maximum events to remove; control channel; name of the log. Returns the number of removed events, and whether the
-- bytes of deleted entries are to be erased (erase.lua): `no`, `now` or `later`.
local most, days, now, slice = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

-- Tells the nodes that events are removed up to an id.
local function tell(start)
  redis.call('PUBLISH', ARGV[5], cjson.encode({ 'trimmed', '', ARGV[6], start }))
end

if isOfGuest() then
  local last = redis.call('HGET', info, 'last') or '0'
  if tonumber(last) < (now - GUEST_INBOX_MS) * PER_MS then
    redis.call('UNLINK', log, info, copyKey())
    tell(last)
    return { 0, 'no' }
  end
end

-- The mode `keep` of the room.
local mode = redis.call('HGET', stateKey(), 'mode:keep')
if mode then
  local fields = cjson.decode(mode)[2]
  local own
  for at = 1, #fields, 2 do
    if fields[at] == 'details' then own = tonumber(cjson.decode(fields[at + 1]).value) end
  end
  if own and own > 0 and (days == 0 or own < days) then days = own end
end
local oldest = days > 0 and math.max(0, now - days * DAY_MS)
local marks = redis.call('HMGET', info, 'erase', 'erased-to', 'erase-after')
readClock()
local erase = 'no'
if marks[2] or marks[1] then erase = not marks[2] and rests(marks[3]) and 'later' or 'now' end

-- Returns the time of an event: from its field if it has one, else from its id.
local function timeOf(event)
  for at = 1, #event[2], 2 do
    if event[2][at] == 'at' then return tonumber(event[2][at + 1]) end
  end
  return math.floor(idOf(event[1]) / PER_MS)
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
      high = idOf(event[1]) - 1
    else
      low = middle
      if event then below = math.max(below, idOf(event[1]) + 1) end
    end
  end
  return below
end

local excess = most > 0 and math.min(redis.call('XLEN', log) - most, slice) or 0
local gone = {}
if excess > 0 then gone = redis.call('XRANGE', log, '-', '+', 'COUNT', excess) end
if #gone == 0 and oldest then gone = redis.call('XRANGE', log, '-', '(' .. entry(idBefore(oldest)), 'COUNT', slice) end
if #gone == 0 then return { 0, erase } end

local newest = idOf(gone[#gone][1])
redis.call('XTRIM', log, 'MINID', '=', entry(newest + 1))
local start = text(newest)
redis.call('HSET', info, 'start', start)
tell(start)
return { #gone, erase }
