-- Removes keys of a room's state whose values have not changed meanwhile. ARGV: keys, each followed by its value. Returns the number of
-- removed keys.
local removed = 0
for at = 1, #ARGV, 2 do
  if redis.call('HGET', stateKey(), ARGV[at]) == ARGV[at + 1] then
    removed = removed + setState(ARGV[at])
  end
end
return removed
