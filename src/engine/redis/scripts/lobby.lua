-- Creates room 1, or changes its slug. ARGV: node, control channel, slug, folded slug, title, folded title, description.
-- Returns 0 if the slug is the name of another room.
local node, control, slug, slugKey, title, titleKey = unpack(ARGV)
local record = find(1)
if taken(slugKey, 1) then return 0 end
if record and record.lineName == slug then return 1 end
if redis.call('EXISTS', given) == 0 then redis.call('SET', given, 1) end
removeNames(record)
record = record or {
  id = 1, title = title, titleKey = titleKey, description = ARGV[7],
  visibility = 'public', createdAt = now, changedAt = now,
}
record.lineName, record.lineKey = slug, slugKey
put(record, control, node)
return 1
