-- Reads the state of a room for a user. ARGV: the folded nickname, the identifier of the address or an empty string. Returns `1` if nothing is
-- left out, else `0`; and the values, without bans, mutes and invitations of others. Some may come twice.
local key, address = ARGV[1], ARGV[2]
if not hasIndex() then return { '1', unpack(redis.call('HVALS', stateKey())) } end
local lists = redis.call('HMGET', indexKey(), '', address)
local own = 'banned:' .. key .. '\nmuted:' .. key .. '\ninvited:' .. key .. '\n'
local found = { '0' }
for one in string.gmatch(own .. lists[1] .. (address ~= '' and lists[2] or ''), '[^\n]+') do
  local value = redis.call('HGET', stateKey(), one)
  if value then found[#found + 1] = value end
end
return found
