-- After Redis may have lost something: makes some of what a node holds in a room what the node says, and lets it write there.
-- ARGV: node, floor, room, control channel; then for each name what is to be (`released`, a token that is not held any more;
-- `left`, somebody who is not inside any more; `claimed`; `joined`, which is claimed too), the folded name, token, name, colour.
-- Returns whether something had been lost, and the folded names that somebody else holds by now.
local node, floor, room, control = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local conflicts = {}
redis.call('HSET', nodes, node, 'here')
if not open(floor) then return { 0, conflicts } end

for at = 5, #ARGV, 5 do
  local what, key, token, name, color = unpack(ARGV, at, at + 4)
  if what == 'released' then
    redis.call('HDEL', claimsOf(node), token)
    free(key, token)
  elseif what == 'left' then
    local who = unmark(node, key)
    if who then presence('left', room, who) end
  else
    local held = redis.call('HGET', names, key)
    if held and tokenOf(held) ~= token then
      conflicts[#conflicts + 1] = key
    else
      if not held then
        take(node, key, token, name)
        lost = true
      end
      if what == 'joined' and redis.call('HEXISTS', joined, key) == 0 then
        mark(node, key, name)
        presence('joined', room, name, color)
        lost = true
      end
    end
  end
end
publish(control, '', 0)
if #ARGV > 4 then redis.call('PUBLISH', control, cjson.encode({ 'room', '', room })) end
return { (lost or #conflicts > 0) and 1 or 0, conflicts }
