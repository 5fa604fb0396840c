-- Writes or removes a record where what is there is what is expected. KEYS: the records of its kind, their order, their unique values,
-- of how many records these are. ARGV: control channel, node, kind, key, what is expected and what is to be there (each `=` and the
-- text, or nothing), and in JSON: the unique values (`unique`), the index entries to remove (`drop`) and to add (`add`), which lie in
-- the same slot, whether the kind has an order (`ordered`), whether nodes are told (`told`). Returns whether it was done.
local records, order, unique, count = unpack(KEYS)
local control, node, kind, key, expected, new = unpack(ARGV)
local about = cjson.decode(ARGV[7])
local was = redis.call('HGET', records, key)
if (was and '=' .. was or '') ~= expected then return 0 end
if new == '' then
  redis.call('HDEL', records, key)
  for _, value in ipairs(about.unique) do
    if redis.call('HGET', unique, value) == key then redis.call('HDEL', unique, value) end
  end
  -- Records of an earlier version may share a value: without the count all are made anew.
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
if about.told then redis.call('PUBLISH', control, cjson.encode({ 'stale', node, kind, key })) end
return 1
