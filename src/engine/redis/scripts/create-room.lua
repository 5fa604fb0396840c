-- ARGV: node, control channel, title, its folded form, slug, its folded form, stem, description, visibility, hash, the
-- maker's address and name, each of which three may be empty; the highest number that the node has heard of.
-- False when a name is taken.
local node, control, title, titleKey, line, lineKey, stem = unpack(ARGV)
if taken(titleKey, 0) then return false end
if stem == '' and (line == '' or taken(lineKey, 0)) then return false end
-- The lobby is the first.
local highest = math.max(tonumber(redis.call('GET', given) or '1'), tonumber(ARGV[13]))
local id = highest + 1
redis.call('SET', given, id)
line, lineKey = slugFor(line, lineKey, stem, id)
local record = {
  id = id, title = title, titleKey = titleKey, lineName = line, lineKey = lineKey,
  description = ARGV[8], visibility = ARGV[9], createdAt = now, changedAt = now,
}
if ARGV[10] ~= '' then record.hash = ARGV[10] end
if ARGV[11] ~= '' then record.maker = { address = ARGV[11], name = ARGV[12] ~= '' and ARGV[12] or nil } end
return put(record, control, node)
