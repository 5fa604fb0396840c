-- Declares a node dead, whose lease is over or who says so itself, from when on it gets into no log. KEYS 5: the node's logs.
-- ARGV: node, whether it says so itself, control channel. Returns the logs to take it out of; false when it lives.
local score = redis.call('ZSCORE', leases, ARGV[1])
local buried = redis.call('ZSCORE', dead, ARGV[1])
if not buried and ARGV[2] ~= '1' and (not score or tonumber(score) > now) then return false end
if not buried then
  redis.call('ZADD', dead, now, ARGV[1])
  -- A node that lives after all hears of it before it hears of any `left`.
  if ARGV[2] ~= '1' then redis.call('PUBLISH', ARGV[3], cjson.encode({ 'buried', ARGV[1] })) end
end
redis.call('ZREMRANGEBYSCORE', dead, '-inf', now - DAY_MS)
return redis.call('SMEMBERS', KEYS[5])
