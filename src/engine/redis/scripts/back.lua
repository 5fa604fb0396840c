-- The id so many events before the end of a range. ARGV: the range's end and start, how many to look at.
local some = redis.call('XREVRANGE', log, ARGV[1], ARGV[2], 'COUNT', ARGV[3])
return #some == tonumber(ARGV[3]) and some[#some][1]
