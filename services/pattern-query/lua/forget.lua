-- Takes away what a channel says of patterns, because its log began a new epoch. Called in steps, so that many patterns do not hold Redis; the last
-- step names the position from which the channel is projected again.
--
-- KEYS[1] unified (ZSET: pattern JSON by confidence)  KEYS[2] positions (hash: channel, `epoch:offset:log time:ends from`)
-- KEYS[3..5] states of each channel (hash: pattern id, `moment:offsets:member`)
-- KEYS[6] ends of this channel (hash)  KEYS[7] ended (ZSET)
-- ARGV[1] channel  ARGV[2] which of the states is its own, from 1
-- ARGV[3] position that the channel has as long as nobody else has finished ('' for none)  ARGV[4] position to set ('' for not yet)
-- then two a pattern: id, member that was found in the ZSET ('' where it was found in the states)
-- Returns 'forgotten', or 'superseded': another replica has finished, and what stands there now is of the new epoch.

local unified, positions, ends, ended = KEYS[1], KEYS[2], KEYS[6], KEYS[7]
local states = { KEYS[3], KEYS[4], KEYS[5] }
local channel, own, expected, next_position = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]

if (redis.call('HGET', positions, channel) or '') ~= expected then return 'superseded' end

-- The member of the newest of the channels' words; of equal moments the later channel's.
local function shown(words)
  local found, found_moment
  for at = 1, #states do
    if words[at] then
      local moment = tonumber(string.match(words[at], '^%d+'))
      if not found or moment >= found_moment then found, found_moment = at, moment end
    end
  end
  return found and string.match(words[found], '^%d+:[^:]*:(.*)$')
end

for at = 5, #ARGV, 2 do
  local id, found = ARGV[at], ARGV[at + 1]
  local words = { redis.call('HGET', states[1], id), redis.call('HGET', states[2], id), redis.call('HGET', states[3], id) }
  local before = shown(words)
  if words[own] then redis.call('HDEL', states[own], id) end
  words[own] = false
  local after = shown(words)
  if before and before ~= after then redis.call('ZREM', unified, before) end
  if found ~= '' and found ~= after then redis.call('ZREM', unified, found) end
  if after then redis.call('ZADD', unified, cjson.decode(after).confidence, after) end
end

if next_position ~= '' then
  redis.call('UNLINK', ends, ended)
  redis.call('HSET', positions, channel, next_position)
end
return 'forgotten'
