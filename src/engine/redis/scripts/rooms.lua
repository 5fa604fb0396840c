-- Functions for scripts about rooms; precedes them. All keys have the tag {rooms}: records by id, ids by folded title and slug, the last
-- given id, the number of changes, and ids by the time of the newest message. The slug is stored as lineName, its folded form as lineKey.
local records, index, given, version, said = unpack(KEYS)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function find(id)
  local record = redis.call('HGET', records, id)
  return record and cjson.decode(record)
end

-- Returns true if a title or slug is that of a room other than `by`.
local function taken(key, by)
  local id = redis.call('HGET', index, key)
  return id and id ~= tostring(by)
end

-- Returns the slug for a room and its folded form; nil if the slug is taken and there is no stem.
local function slugFor(name, key, stem, id)
  if name ~= '' and not taken(key, id) then return name, key end
  if stem == '' then return nil end
  name = stem .. id
  -- The generated slug may be taken too.
  while taken(string.lower(name), id) do name = name .. id end
  return name, string.lower(name)
end

local function removeNames(record)
  if record then redis.call('HDEL', index, record.titleKey, record.lineKey) end
end

-- Returns the key of the set of rooms made from an address (keys.ts, roomsFrom).
local function roomsFrom(address)
  return string.sub(records, 1, -#'records' - 1) .. 'from:' .. address
end

-- Stores a record and publishes it on the control channel, without a node, as all take it alike. Returns the record as JSON.
local function put(record, control)
  record.version = redis.call('INCR', version)
  local told = cjson.encode(record)
  redis.call('HSET', records, record.id, told)
  redis.call('HSET', index, record.titleKey, record.id, record.lineKey, record.id)
  redis.call('PUBLISH', control, cjson.encode({ 'record', '', told }))
  return told
end
