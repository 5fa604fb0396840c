-- Rewrites a stream without the bytes of deleted entries, a slice at a time: copies entries to a second stream, which replaces the first one
-- when all are copied. ARGV: maximum entries to copy; time in ms after which an unfinished copy expires. Returns 1 until the work is done.
local slice, expiry = tonumber(ARGV[1]), ARGV[2]
local known = redis.call('HMGET', info, 'erase', 'erased-to', 'start')
local copy = copyKey()
local from = known[2] and tonumber(known[2])
-- The last copy has expired.
if from and from > 0 and redis.call('EXISTS', copy) == 0 then from = nil end
if not from then
  if not known[1] then
    redis.call('HDEL', info, 'erased-to')
    return 0
  end
  -- Later deletions set it again, and delete from the copy too.
  redis.call('HDEL', info, 'erase')
  redis.call('UNLINK', copy)
  from = 0
end

local entries = redis.call('XRANGE', log, entry(from + 1), '+', 'COUNT', slice)
for _, event in ipairs(entries) do redis.call('XADD', copy, event[1], unpack(event[2])) end
if #entries == slice then
  local whole, count = string.match(entries[#entries][1], '^(%d+)-(%d+)$')
  redis.call('HSET', info, 'erased-to', text(tonumber(whole) * PER_MS + tonumber(count)))
  redis.call('PEXPIRE', copy, expiry)
  return 1
end

redis.call('HDEL', info, 'erased-to')
-- Retention has removed these since they were copied.
redis.call('XTRIM', copy, 'MINID', '=', entry(tonumber(known[3] or '0') + 1))
local left = redis.call('PTTL', log)
redis.call('UNLINK', log)
if redis.call('XLEN', copy) == 0 then
  redis.call('UNLINK', copy)
else
  redis.call('RENAME', copy, log)
  -- The log of a closed room expires.
  if left > 0 then redis.call('PEXPIRE', log, left) else redis.call('PERSIST', log) end
end
return redis.call('HEXISTS', info, 'erase')
