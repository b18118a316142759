-- Takes patterns of a channel out of the ZSET of live patterns, because its log began a new epoch. Called in steps, so that
-- many patterns do not hold Redis; the last step names the position from which the channel is projected again.
--
-- KEYS[1] unified (ZSET)  KEYS[2] members (hash: pattern id, its member)  KEYS[3] positions (hash: channel, `epoch:offset`)
-- ARGV[1] channel  ARGV[2] position that the channel has as long as nobody else has finished ('' for none)
-- ARGV[3] position to set ('' for not yet)  then pattern ids
-- Returns 'forgotten', or 'superseded': another replica has finished, and what stands there now is of the new epoch.

local unified, members, positions = KEYS[1], KEYS[2], KEYS[3]
local channel, expected, next_position = ARGV[1], ARGV[2], ARGV[3]

if (redis.call('HGET', positions, channel) or '') ~= expected then return 'superseded' end

for at = 4, #ARGV do
  local member = redis.call('HGET', members, ARGV[at])
  if member then
    redis.call('ZREM', unified, member)
    redis.call('HDEL', members, ARGV[at])
  end
end

if next_position ~= '' then redis.call('HSET', positions, channel, next_position) end
return 'forgotten'
