-- After Redis has lost something: puts back rooms that a node knew, as it knew them, unless their names are others' by now.
-- ARGV: node, control channel, the highest number and the highest count of changes that the node knew; then records.
if tonumber(redis.call('GET', given) or '1') < tonumber(ARGV[3]) then redis.call('SET', given, ARGV[3]) end
if tonumber(redis.call('GET', version) or '0') < tonumber(ARGV[4]) then redis.call('SET', version, ARGV[4]) end
for at = 5, #ARGV do
  local record = cjson.decode(ARGV[at])
  local was = find(record.id)
  local older = not was or was.version < record.version
  if older and not taken(record.titleKey, record.id) and not taken(record.lineKey, record.id) then
    unname(was)
    put(record, ARGV[2], ARGV[1])
  end
end
return 1
