-- Returns the id of the event n - 1 events before the end of a range. ARGV: last and first entry id of the range, n.
local some = redis.call('XREVRANGE', log, ARGV[1], ARGV[2], 'COUNT', ARGV[3])
return #some == tonumber(ARGV[3]) and some[#some][1]
