-- ARGV: node, control channel, title, its folded form, slug, its folded form, stem, description, visibility, number.
-- Returns the record, or `none` or `taken`.
local node, control, title, titleKey, line, lineKey, stem = unpack(ARGV)
local id = tonumber(ARGV[10])
local record = find(id)
if not record then return 'none' end
if taken(titleKey, id) then return 'taken' end
local old = { titleKey = record.titleKey, lineKey = record.lineKey }
if id ~= 1 and title ~= record.title then
  local name, key = slugFor(line, lineKey, stem, id)
  if not name then return 'taken' end
  record.lineName, record.lineKey = name, key
end
unname(old)
record.title, record.titleKey, record.description, record.visibility = title, titleKey, ARGV[8], ARGV[9]
record.changedAt = math.max(now, record.changedAt + 1)
return put(record, control, node)
