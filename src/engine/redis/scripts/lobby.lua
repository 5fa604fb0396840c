-- Room 1 under its present slug. ARGV: node, control channel, slug, its folded form, title, its folded form,
-- description. False when the name is another room's.
local node, control, line, lineKey, title, titleKey = unpack(ARGV)
local record = find(1)
if taken(lineKey, 1) then return 0 end
if record and record.lineName == line then return 1 end
if redis.call('EXISTS', given) == 0 then redis.call('SET', given, 1) end
unname(record)
record = record or {
  id = 1, title = title, titleKey = titleKey, description = ARGV[7],
  visibility = 'public', createdAt = now, changedAt = now,
}
record.lineName, record.lineKey = line, lineKey
put(record, control, node)
return 1
