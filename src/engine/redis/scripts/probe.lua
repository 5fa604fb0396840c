-- Returns the result of a committed batch, or false, and makes sure that it is not committed later. ARGV: node, number of the batch.
local was = redis.call('GET', done)
if was and string.match(was, '^%d+') == ARGV[2] then return was end
redis.call('SET', done, ARGV[2] .. ' void ', 'PX', DAY_MS)
return false
