-- Returns those of the given ids that no room has. ARGV: ids.
local missing = {}
for _, id in ipairs(ARGV) do
  if redis.call('HEXISTS', records, id) == 0 then missing[#missing + 1] = id end
end
return missing
