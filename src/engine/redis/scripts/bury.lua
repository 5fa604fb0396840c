-- Declares a node dead if its lease is over or it asks for it itself: it is admitted to no log any more. KEYS[5]: the node's logs.
-- ARGV: node, `1` if it asks itself, control channel. Returns the logs to clean up; false if the node is alive.
local score = redis.call('ZSCORE', leases, ARGV[1])
local buried = redis.call('ZSCORE', dead, ARGV[1])
if not buried and ARGV[2] ~= '1' and (not score or tonumber(score) > now) then return false end
if not buried then
  redis.call('ZADD', dead, now, ARGV[1])
  -- A node that is still running receives this before any `left`.
  if ARGV[2] ~= '1' then redis.call('PUBLISH', ARGV[3], cjson.encode({ 'buried', ARGV[1] })) end
end
redis.call('ZREMRANGEBYSCORE', dead, '-inf', now - DAY_MS)
return redis.call('SMEMBERS', KEYS[5])
