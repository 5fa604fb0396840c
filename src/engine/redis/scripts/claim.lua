-- Takes a name. ARGV: node, folded name, token, name.
local node, key, token, name = unpack(ARGV)
local state = standing(node)
if state ~= 'here' then return state end
local held = redis.call('HGET', names, key)
if held then return tokenOf(held) == token and 'taken' or 'held' end
take(node, key, token, name)
return 'taken'
