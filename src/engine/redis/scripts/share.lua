-- Allows other nodes to hold a name. Returns 0 if the token does not hold it. ARGV: folded name, token.
local claim = claimOf(ARGV[1])
if not indexOf(claim, ARGV[2]) then return 0 end
claim.shared = true
store(ARGV[1], claim)
return 1
