-- Reads the state of a room for a user. ARGV: the size up to which it is read whole, the folded nickname, the identifier of the address or an
-- empty string. Returns `1` if nothing is left out, else `0`; and the values, without bans, mutes and invitations of other nicknames that have
-- not the identifier in them.
local most, key, address = tonumber(ARGV[1]), ARGV[2], ARGV[3]
if redis.call('HLEN', stateKey()) <= most then return { '1', unpack(redis.call('HVALS', stateKey())) } end
local personal = { ['banned:'] = true, ['muted:'] = true, ['invited:'] = true }
local found = { '0' }
local pairs = redis.call('HGETALL', stateKey())
for at = 1, #pairs, 2 do
  local field, value = pairs[at], pairs[at + 1]
  local colon = string.find(field, ':', 1, true) or 0
  local isOfOthers = personal[string.sub(field, 1, colon)] and string.sub(field, colon + 1) ~= key and not string.find(field, '*', 1, true)
  if not isOfOthers or (address ~= '' and string.find(value, address, 1, true)) then found[#found + 1] = value end
end
return found
