-- Brings entries of a channel's log into the ZSET of live patterns, each once, whichever replica comes first.
--
-- KEYS[1] unified (ZSET: pattern JSON by confidence)  KEYS[2] members (hash: pattern id, its member)
-- KEYS[3] positions (hash: channel, `epoch:offset`)
-- ARGV[1] channel  ARGV[2] epoch of the entries  ARGV[3] offset of the last
-- then four a pattern: offset of its last entry, id, confidence ('' where it expired), member
-- Returns {'projected', how many patterns changed}, or {'other_epoch', 0}: the channel must be rebuilt first.

local unified, members, positions = KEYS[1], KEYS[2], KEYS[3]
local channel, epoch, last = ARGV[1], ARGV[2], tonumber(ARGV[3])

local known_epoch, known_offset = string.match(redis.call('HGET', positions, channel) or '', '^(.*):(%d+)$')
if known_epoch ~= epoch then return { 'other_epoch', 0 } end
known_offset = tonumber(known_offset)
if last <= known_offset then return { 'projected', 0 } end

local changed = 0
for at = 4, #ARGV, 4 do
  local offset, id, confidence, member = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  if offset > known_offset then
    local before = redis.call('HGET', members, id)
    if before and before ~= member then redis.call('ZREM', unified, before) end
    if confidence == '' then
      redis.call('HDEL', members, id)
    else
      redis.call('ZADD', unified, confidence, member)
      redis.call('HSET', members, id, member)
    end
    changed = changed + 1
  end
end

redis.call('HSET', positions, channel, epoch .. ':' .. ARGV[3])
return { 'projected', changed }
