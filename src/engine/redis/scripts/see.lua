-- Inserts the name of a user who joins; the first or registered spelling stays. KEYS: names, their order. ARGV: folded name, name.
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('ZADD', KEYS[2], 'NX', redis.call('ZCARD', KEYS[2]), ARGV[1])
end
return 1
