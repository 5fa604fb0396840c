-- Creates a room. ARGV: node, control channel, title, folded title, slug, folded slug, stem, description, visibility, hash, address and
-- name of the maker (these three may be empty), the highest id that the node knows, the id of the account that owns the room, or an empty string. Returns the record; false if a name is taken.
local node, control, title, titleKey, slug, slugKey, stem = unpack(ARGV)
if taken(titleKey, 0) then return false end
if stem == '' and (slug == '' or taken(slugKey, 0)) then return false end
-- Room 1 is the lobby.
local highest = math.max(tonumber(redis.call('GET', given) or '1'), tonumber(ARGV[13]))
local id = highest + 1
redis.call('SET', given, id)
slug, slugKey = slugFor(slug, slugKey, stem, id)
local record = {
  id = id, title = title, titleKey = titleKey, lineName = slug, lineKey = slugKey,
  description = ARGV[8], visibility = ARGV[9], createdAt = now, changedAt = now,
}
if ARGV[10] ~= '' then record.hash = ARGV[10] end
if ARGV[11] ~= '' then
  record.maker = { address = ARGV[11], name = ARGV[12] ~= '' and ARGV[12] or nil, account = ARGV[14] ~= '' and ARGV[14] or nil }
  redis.call('SADD', roomsFrom(ARGV[11]), id)
end
return put(record, control, node)
