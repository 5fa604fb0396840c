-- Claims a name. ARGV: node, folded name, token, name, `*` if other nodes may hold it too: then it is shared if all of them allow that; or the
-- client, which the token has too, if other nodes may hold it for the same one; or an empty string; maximum of names, or an empty string.
-- Returns `taken`, or `held` if another claim prevents it, or `full`, or `unknown` or `dead` if the node is not admitted.
local node, key, token, name, shared, most = unpack(ARGV)
local state = nodeState(node)
if state ~= 'here' then return state end
local claim = claimOf(key)
if indexOf(claim, token) then return 'taken' end
if claim then
  if shared == '' or (shared == '*') ~= (claim.shared or false) then return 'held' end
  for _, other in ipairs(claim.tokens) do
    if owner(other) == node or (shared ~= '*' and clientOf(other) ~= shared) then return 'held' end
  end
else
  if most ~= '' and redis.call('HLEN', names) >= tonumber(most) then return 'full' end
  claim = { place = redis.call('HINCRBY', info, 'claims', 1), name = name, tokens = {}, shared = shared == '*' }
end
claim.tokens[#claim.tokens + 1] = token
store(key, claim)
redis.call('HSET', claimsOf(node), token, key)
return 'taken'
