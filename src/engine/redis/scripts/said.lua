-- Stores the present time as that of a room's newest message. ARGV: id. Returns 0 if there is no such room.
if redis.call('HEXISTS', records, ARGV[1]) == 0 then return 0 end
redis.call('ZADD', said, 'GT', now, ARGV[1])
return 1
