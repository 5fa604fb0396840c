-- Keeps a note unless one is kept. ARGV: text, until when or nothing. Returns what is kept.
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1]) else redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2]) end
return ARGV[1]
