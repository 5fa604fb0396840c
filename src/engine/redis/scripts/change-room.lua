-- Changes a room. ARGV: node, control channel, title, folded title, slug, folded slug, stem, description, visibility, id.
-- Returns the record, `none` if there is no such room, or `taken`.
local node, control, title, titleKey, slug, slugKey, stem = unpack(ARGV)
local id = tonumber(ARGV[10])
local record = find(id)
if not record then return 'none' end
if taken(titleKey, id) then return 'taken' end
local old = { titleKey = record.titleKey, lineKey = record.lineKey }
if id ~= 1 and title ~= record.title then
  local name, key = slugFor(slug, slugKey, stem, id)
  if not name then return 'taken' end
  record.lineName, record.lineKey = name, key
end
removeNames(old)
record.title, record.titleKey, record.description, record.visibility = title, titleKey, ARGV[8], ARGV[9]
record.changedAt = math.max(now, record.changedAt + 1)
return put(record, control, node)
