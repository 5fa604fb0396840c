-- Raises the last given id and the number of changes to those that a node knows. ARGV: id, number of changes. Returns `1` if Redis was
-- behind, and both numbers.
local reply = { '0' }
for at, key in ipairs({ given, version }) do
  local least, known = tonumber(ARGV[at]), tonumber(redis.call('GET', key) or '0')
  if known < least then
    redis.call('SET', key, least)
    reply[1] = '1'
  end
  reply[at + 1] = tostring(math.max(least, known))
end
return reply
