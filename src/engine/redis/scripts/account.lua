-- Makes an account. KEYS: accounts, names, their order, skeletons, of how many accounts they are. ARGV: folded name, record, name,
-- the skeletons of the name. Whether it was made.
for at = 4, #ARGV do
  if redis.call('HEXISTS', KEYS[4], ARGV[at]) == 1 then return 0 end
end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[3], 'NX', redis.call('ZCARD', KEYS[3]), ARGV[1])
for at = 4, #ARGV do redis.call('HSET', KEYS[4], ARGV[at], ARGV[1]) end
redis.call('INCR', KEYS[5])
return 1
