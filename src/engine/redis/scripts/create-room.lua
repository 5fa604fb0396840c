-- Creates a room. ARGV: control channel, title, folded title, slug, folded slug, stem, description, visibility, hash, address, name and account
-- of the maker (these four may be empty), the highest id that the node knows. Returns the record; false if a name is taken.
local control, title, titleKey, slug, slugKey, stem, description, visibility, hash, address, name, account, known = unpack(ARGV)
if taken(titleKey, 0) then return false end
if stem == '' and (slug == '' or taken(slugKey, 0)) then return false end
-- Room 1 is the lobby.
local highest = math.max(tonumber(redis.call('GET', given) or '1'), tonumber(known))
local id = highest + 1
redis.call('SET', given, id)
slug, slugKey = slugFor(slug, slugKey, stem, id)
local record = {
  id = id, title = title, titleKey = titleKey, lineName = slug, lineKey = slugKey,
  description = description, visibility = visibility, createdAt = now, changedAt = now,
}
if hash ~= '' then record.hash = hash end
if address ~= '' then
  record.maker = { address = address, name = name ~= '' and name or nil, account = account ~= '' and account or nil }
  redis.call('SADD', roomsFrom(address), id)
end
return put(record, control)
