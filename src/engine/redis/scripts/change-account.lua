-- Gives an account another hash, or removes it. KEYS: accounts, of how many accounts there are skeletons. ARGV: node, control channel,
-- folded name, hash or nothing. Returns the account as it was, false when there is none. That count is given up with an account, so that
-- the skeletons are completed.
local node, control, key, hash = unpack(ARGV)
local was = redis.call('HGET', KEYS[1], key)
if not was then return false end
if hash == '' then
  redis.call('HDEL', KEYS[1], key)
  redis.call('DEL', KEYS[2])
else
  local account = cjson.decode(was)
  account.hash = hash
  redis.call('HSET', KEYS[1], key, cjson.encode(account))
end
redis.call('PUBLISH', control, cjson.encode({ 'account', node, key }))
return was
