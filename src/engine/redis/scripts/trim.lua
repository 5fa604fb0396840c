-- Removes some of what a log may no longer hold, and notes exactly what went last: XTRIM by itself would not tell.
-- ARGV: how many events it may hold, or 0; the entry before which all are too old, or nothing; how many may go at once; control
-- channel; the log's name. Returns how many went.
local most, oldest, slice = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local excess = most > 0 and math.min(redis.call('XLEN', log) - most, slice) or 0
local gone = {}
if excess > 0 then gone = redis.call('XRANGE', log, '-', '+', 'COUNT', excess) end
if #gone == 0 and oldest ~= '' then gone = redis.call('XRANGE', log, '-', '(' .. oldest, 'COUNT', slice) end
if #gone == 0 then return 0 end

local whole, count = string.match(gone[#gone][1], '^(%d+)-(%d+)$')
redis.call('XTRIM', log, 'MINID', '=', whole .. '-' .. string.format('%d', count + 1))
local start = text(tonumber(whole) * PER_MS + tonumber(count))
redis.call('HSET', info, 'start', start)
redis.call('PUBLISH', ARGV[4], cjson.encode({ 'trimmed', '', ARGV[5], start }))
return #gone
