-- Raises the number given last and the count of changes to what a node has heard of. ARGV: number, count. Whether Redis was behind.
local lost = false
for at, key in ipairs({ given, version }) do
  local least = tonumber(ARGV[at])
  if tonumber(redis.call('GET', key) or '0') < least then
    redis.call('SET', key, least)
    lost = true
  end
end
return lost and 1 or 0
