-- After Redis has lost something: puts back rooms that a node knew, unless their names are others' by now. ARGV: node,
-- control channel, the highest number that the node knew; then records.
local known = tonumber(redis.call('GET', given) or '1')
if known < tonumber(ARGV[3]) then redis.call('SET', given, ARGV[3]) end
for at = 4, #ARGV do
  local record = cjson.decode(ARGV[at])
  if not find(record.id) and not taken(record.titleKey, 0) and not taken(record.lineKey, 0) then
    put(record, ARGV[2], ARGV[1])
  end
end
return 1
