-- Writes or removes a record if its text is the expected one. KEYS: the records of the kind, their order, their unique values, the number of
-- records with these. ARGV: control channel, kind, key, expected and new text (each `=` and the text, or empty for no record), and as
-- JSON: the unique values (`unique`), the keys of index entries to remove (`drop`) and to add (`add`), which are in the same slot, whether
-- the kind is ordered (`ordered`), whether the change is published (`told`). Returns 1 if it was written.
local records, order, unique, count = unpack(KEYS)
local control, kind, key, expected, new = unpack(ARGV)
local about = cjson.decode(ARGV[6])
local was = redis.call('HGET', records, key)
if (was and '=' .. was or '') ~= expected then return 0 end
if new == '' then
  redis.call('HDEL', records, key)
  for _, value in ipairs(about.unique) do
    if redis.call('HGET', unique, value) == key then redis.call('HDEL', unique, value) end
  end
  -- Records of an earlier version may share a value: without the count all unique values are completed.
  if #about.unique > 0 then redis.call('DEL', count) end
elseif was then
  redis.call('HSET', records, key, string.sub(new, 2))
else
  for _, value in ipairs(about.unique) do
    if redis.call('HEXISTS', unique, value) == 1 then return 0 end
  end
  redis.call('HSET', records, key, string.sub(new, 2))
  for _, value in ipairs(about.unique) do redis.call('HSET', unique, value, key) end
  if #about.unique > 0 then redis.call('INCR', count) end
end
if about.ordered then
  local place = redis.call('ZSCORE', order, key)
  if not place then
    local _, top = unpack(redis.call('ZREVRANGE', order, 0, 0, 'WITHSCORES'))
    place = (tonumber(top) or -1) + 1
  end
  if new == '' then redis.call('ZREM', order, key) else redis.call('ZADD', order, place, key) end
  for _, index in ipairs(about.drop) do redis.call('ZREM', index, key) end
  for _, index in ipairs(about.add) do redis.call('ZADD', index, place, key) end
end
if about.told then redis.call('PUBLISH', control, cjson.encode({ 'stale', '', kind, key })) end
return 1
