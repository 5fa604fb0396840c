-- Creates room 1, or changes its slug. ARGV: control channel, slug, folded slug, title, folded title, description.
-- Returns 0 if the slug is the name of another room.
local control, slug, slugKey, title, titleKey, description = unpack(ARGV)
local record = find(1)
if taken(slugKey, 1) then return 0 end
if record and record.lineName == slug then return 1 end
if redis.call('EXISTS', given) == 0 then redis.call('SET', given, 1) end
removeNames(record)
record = record or {
  id = 1, title = title, titleKey = titleKey, description = description,
  visibility = 'public', createdAt = now, changedAt = now,
}
record.lineName, record.lineKey = slug, slugKey
put(record, control)
return 1
