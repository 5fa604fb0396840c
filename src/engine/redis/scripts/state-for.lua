-- Reads the state of a room for a user. ARGV: the folded nickname, the identifier of the address or an empty string. Returns `1` if nothing is
-- left out, else `0`; and the values, without bans, mutes and invitations of others. Some may come twice.
local key, address = ARGV[1], ARGV[2]
if not indexedSize() then return { '1', unpack(redis.call('HVALS', stateKey())) } end
local found = { '0' }
local function find(keys)
  for _, one in ipairs(keys) do
    local value = redis.call('HGET', stateKey(), one)
    if value then found[#found + 1] = value end
  end
end
find({ 'banned:' .. key, 'muted:' .. key, 'invited:' .. key })
find(indexedKeys(''))
if address ~= '' then find(indexedKeys(address)) end
return found
