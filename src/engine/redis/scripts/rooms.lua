-- Begins every script about the rooms there are. All keys carry the tag {rooms}: records by number, numbers by folded title
-- and slug, the number given last, and how often anything was changed.
local records, index, given, version = unpack(KEYS)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function find(id)
  local record = redis.call('HGET', records, id)
  return record and cjson.decode(record)
end

-- By a room other than this one.
local function taken(key, by)
  local id = redis.call('HGET', index, key)
  return id and id ~= tostring(by)
end

-- The slug that a room gets, nothing when there is none for it.
local function slugFor(name, key, stem, id)
  if name ~= '' and not taken(key, id) then return name, key end
  if stem == '' then return nil end
  name = stem .. id
  -- Somebody may have thought of that one, too.
  while taken(string.lower(name), id) do name = name .. id end
  return name, string.lower(name)
end

local function unname(record)
  if record then redis.call('HDEL', index, record.titleKey, record.lineKey) end
end

-- Keeps a record and tells every node. `control` and `node`: where to, and who does not need it.
local function put(record, control, node)
  record.version = redis.call('INCR', version)
  local told = cjson.encode(record)
  redis.call('HSET', records, record.id, told)
  redis.call('HSET', index, record.titleKey, record.id, record.lineKey, record.id)
  redis.call('PUBLISH', control, cjson.encode({ 'record', node, told }))
  return told
end
