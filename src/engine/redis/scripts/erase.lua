-- Rewrites a stream without the bytes of deleted entries, a slice at a time: copies entries to a second stream, which replaces the first one
-- when all are copied. Rests between two rewrites for ten times as long as the first one has taken, so that deletions one after the other do not
-- keep Redis rewriting. ARGV: maximum entries to copy; time in ms after which an unfinished copy expires; minimum rest in ms. Returns 1 until
-- the work is done or must rest.
local RESTS = 10
local slice, expiry, rest = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local known = redis.call('HMGET', info, 'erase', 'erased-to', 'start', 'erase-began', 'erase-after')
readClock()
local copy = copyKey()
local from = known[2] and tonumber(known[2])
-- The last copy has expired.
if from and from > 0 and redis.call('EXISTS', copy) == 0 then from = nil end
if not from then
  if not known[1] and not known[2] or rests(known[5]) then return 0 end
  redis.call('HSET', info, 'erase-began', text(ms))
  -- Later deletions set it again, and delete from the copy too.
  redis.call('HDEL', info, 'erase')
  redis.call('UNLINK', copy)
  from = 0
end

local entries = redis.call('XRANGE', log, entry(from + 1), '+', 'COUNT', slice)
for _, event in ipairs(entries) do redis.call('XADD', copy, event[1], unpack(event[2])) end
if #entries == slice then
  redis.call('HSET', info, 'erased-to', text(idOf(entries[#entries][1])))
  redis.call('PEXPIRE', copy, expiry)
  return 1
end

redis.call('HDEL', info, 'erased-to', 'erase-began')
local took = math.max(0, ms - tonumber(known[4] or text(ms)))
redis.call('HSET', info, 'erase-after', text(ms + math.max(rest, RESTS * took)))
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
return 0
