-- Appends the events of a batch. Skips a `joined` or `left` of a member through other nodes, a `left`, a `kicked` or a guest's `role` of a user who is
-- no member, and a message whose nonce is stored; with a `renamed` the `joined` behind it. ARGV: node, number of the batch, floor, `1` if the
-- node must be admitted, control channel; then for each event `joined`, `founder` (a `joined` with a role), `left`, `renamed` (the `left` of a user
-- who has another nickname from then on), `kicked`, `nonce`, `redacted`, `set`, `unset`, `set-guest`, `unset-guest` (the `role` of a guest) or an
-- empty string; the folded name, the sender with the nonce, the removed entry, or the key of the state; the number of fields, and the fields.
-- Returns a state other than `ok` if nothing was appended; else `ok`, the log's last id before the batch, the first id, the places of
-- skipped events separated by commas, each followed by the reason, `1` if events up to the floor are lost, and the time.
local node, number, floor, guarded, control = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
if guarded == '1' then
  local state = nodeState(node)
  if state ~= 'here' then return { state } end
end
if isLate(number) then return { 'late' } end
if not open(floor) then return { 'closed' } end

local skipped = {}
local room
-- The reason for which the `renamed` before an event was skipped.
local reason
local place, at = 0, 6
while at <= #ARGV do
  local kind, key, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local fields = { unpack(ARGV, at + 3, at + 2 + count) }
  local skip = reason
  reason = nil
  if skip then
    kind = ''
  elseif kind == 'joined' or kind == 'founder' then
    if mark(node, key, fields[6]) then room = fields[4] else skip = 's' end
  elseif kind == 'left' then
    local name, shared = unmark(node, key)
    skip = not name and (shared and 's' or '')
  elseif kind == 'renamed' then
    local nextKey = ARGV[at + 4 + count]
    if nextKey ~= key and isThroughOthers(nextKey, node) then
      skip = 's'
    else
      skip = not unmark(node, key) and ''
    end
    reason = skip
  elseif kind == 'kicked' then
    skip = not unmarkAll(key) and ''
  elseif kind == 'set-guest' or kind == 'unset-guest' then
    skip = redis.call('HEXISTS', joined, key) == 0 and ''
  elseif kind == 'nonce' then
    local first = redis.call('GET', nonceKey(key))
    skip = first and 'n' .. first
  end
  if skip then skipped[#skipped + 1] = place .. skip else write(fields) end
  if not skip then
    if kind == 'founder' or kind == 'set-guest' then
      setState('guest:' .. key, cjson.encode({ text(last), fields }))
    elseif kind == 'joined' or kind == 'unset-guest' then
      setState('guest:' .. key)
    elseif kind == 'nonce' then
      redis.call('SET', nonceKey(key), text(last), 'PX', DAY_MS)
    elseif kind == 'redacted' then
      -- The bytes of a deleted entry stay in the stream until it is rewritten (erase.lua).
      if redis.call('XDEL', log, key) == 1 then
        redis.call('XDEL', copyKey(), key)
        redis.call('HSET', info, 'erase', '1')
      end
    elseif kind == 'set' then
      setState(key, cjson.encode({ text(last), fields }))
    elseif kind == 'unset' then
      setState(key)
    end
  end
  place, at = place + 1, at + 3 + count
end

local first = written[1] and written[1][1] or '0'
local without = table.concat(skipped, ',')
redis.call('SET', done, table.concat({ number, first, without, text(ms), text(prev) }, ' '), 'PX', DAY_MS)
publish(control, node, number)
if room then redis.call('PUBLISH', control, cjson.encode({ 'room', node, room })) end
return { 'ok', text(prev), first, without, lost and '1' or '0', text(ms) }
