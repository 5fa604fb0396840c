-- Changes a room. ARGV: control channel, id, and a JSON object of the changes: title, titleKey, slug, slugKey, stem, description,
-- visibility, hash; an empty hash removes the password. Returns the record, `none` if there is no such room, or `taken`.
local control, id, change = ARGV[1], tonumber(ARGV[2]), cjson.decode(ARGV[3])
local record = find(id)
if not record then return 'none' end
local old = { titleKey = record.titleKey, lineKey = record.lineKey }
if change.title then
  if taken(change.titleKey, id) then return 'taken' end
  if id ~= 1 and change.title ~= record.title then
    local name, key = slugFor(change.slug, change.slugKey, change.stem, id)
    if not name then return 'taken' end
    record.lineName, record.lineKey = name, key
  end
  record.title, record.titleKey = change.title, change.titleKey
end
removeNames(old)
record.description = change.description or record.description
if change.hash then record.hash = change.hash ~= '' and change.hash or nil end
local hidden = (change.visibility or record.visibility) == 'hidden'
record.visibility = hidden and 'hidden' or record.hash and 'private' or 'public'
record.changedAt = math.max(now, record.changedAt + 1)
return put(record, control)
