-- Takes a name. ARGV: node, folded name, token, name, `1` where other nodes may hold it, too. It is shared where all do that.
local node, key, token, name, shared = unpack(ARGV)
local state = standing(node)
if state ~= 'here' then return state end
local claim = claimOf(key)
if placeOf(claim, token) then return 'taken' end
if claim then
  if shared ~= '1' or not claim.shared then return 'held' end
  for _, other in ipairs(claim.tokens) do
    if owner(other) == node then return 'held' end
  end
else
  claim = { place = redis.call('HINCRBY', info, 'claims', 1), name = name, tokens = {}, shared = shared == '1' }
end
claim.tokens[#claim.tokens + 1] = token
keep(key, claim)
redis.call('HSET', claimsOf(node), token, key)
return 'taken'
