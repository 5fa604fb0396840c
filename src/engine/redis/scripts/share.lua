-- Allows other nodes to hold a name that a token holds. ARGV: folded name, token.
local claim = claimOf(ARGV[1])
if not placeOf(claim, ARGV[2]) then return 0 end
claim.shared = true
keep(ARGV[1], claim)
return 1
