-- Returns the events of moderators in a part of a log. ARGV: first and last entry id of the part, maximum entries to read,
-- the kinds. Returns the id of the last entry read, or an empty string at the end of the part, and the entries.
local kinds = {}
for at = 4, #ARGV do kinds[ARGV[at]] = true end
local limit = tonumber(ARGV[3])
local entries = redis.call('XRANGE', log, ARGV[1], ARGV[2], 'COUNT', limit)
local found = {}
for _, event in ipairs(entries) do
  -- The first field is the kind.
  if kinds[event[2][2]] then found[#found + 1] = event end
end
return { #entries == limit and entries[limit][1] or '', found }
