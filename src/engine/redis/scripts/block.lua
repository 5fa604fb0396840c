-- Keeps a block. KEYS: the count of blocks. ARGV: what the keys of one name's blocks and of those against it begin with, which lie in
-- the same slot; folded owner, folded name, name.
local own, against = ARGV[1] .. ARGV[3], ARGV[2] .. ARGV[4]
local was = redis.call('HGET', own, ARGV[4])
local place = was and string.match(was, '^%d+') or redis.call('INCR', KEYS[1])
redis.call('HSET', own, ARGV[4], place .. ' ' .. ARGV[5])
redis.call('SADD', against, ARGV[3])
return 1
