-- Raises the last given id and the number of changes to those that a node knows. ARGV: id, number of changes. Returns 1 if Redis was behind.
local lost = false
for at, key in ipairs({ given, version }) do
  local least = tonumber(ARGV[at])
  if tonumber(redis.call('GET', key) or '0') < least then
    redis.call('SET', key, least)
    lost = true
  end
end
return lost and 1 or 0
