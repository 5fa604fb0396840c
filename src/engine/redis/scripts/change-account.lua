-- Gives an account another hash, or removes it. KEYS: accounts, skeletons, of how many accounts they are. ARGV: node, control channel,
-- folded name, hash or nothing, the skeletons of the name where it is removed. Returns the account as it was, false when there is none.
local node, control, key, hash = unpack(ARGV)
local was = redis.call('HGET', KEYS[1], key)
if not was then return false end
if hash == '' then
  redis.call('HDEL', KEYS[1], key)
  for at = 5, #ARGV do
    if redis.call('HGET', KEYS[2], ARGV[at]) == key then redis.call('HDEL', KEYS[2], ARGV[at]) end
  end
  -- An account of an earlier version may look like it: without the count all skeletons are made anew.
  redis.call('DEL', KEYS[3])
else
  local account = cjson.decode(was)
  account.hash = hash
  redis.call('HSET', KEYS[1], key, cjson.encode(account))
end
redis.call('PUBLISH', control, cjson.encode({ 'account', node, key }))
return was
