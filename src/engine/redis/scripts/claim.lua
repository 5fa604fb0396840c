-- Takes a name. ARGV: node, folded name, token, name.
local state = standing(ARGV[1])
if state ~= 'here' then return state end
local held = redis.call('HGET', names, ARGV[2])
if held then return string.match(held, '^%d+ (%S+)') == ARGV[3] and 'taken' or 'held' end
local place = redis.call('HINCRBY', info, 'claims', 1)
redis.call('HSET', names, ARGV[2], place .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
return 'taken'
