-- Returns the oldest entries of a range. ARGV: first and last entry id, maximum entries, bytes at which the page ends, bytes of an entry
-- without its fields.
local from, to, left, bytes, each = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local page = {}
while left > 0 and bytes > 0 do
  local some = redis.call('XRANGE', log, from, to, 'COUNT', math.min(left, 16))
  if #some == 0 then break end
  for _, entry in ipairs(some) do
    if bytes <= 0 then break end
    page[#page + 1] = entry
    left = left - 1
    bytes = bytes - each
    for _, field in ipairs(entry[2]) do bytes = bytes - #field end
  end
  from = '(' .. page[#page][1]
end
return page
