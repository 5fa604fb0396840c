-- Returns the record of a room. ARGV: id, or an empty string and a folded title or slug.
local id = ARGV[1] ~= '' and ARGV[1] or redis.call('HGET', index, ARGV[2])
return id and redis.call('HGET', records, id)
