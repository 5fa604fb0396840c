-- ARGV: a number, or nothing and a folded name.
local id = ARGV[1] ~= '' and ARGV[1] or redis.call('HGET', index, ARGV[2])
return id and redis.call('HGET', records, id)
