-- Brings what entries of a channel's log did to patterns into Redis, each once, whichever replica comes first. The ZSET of live patterns then has of each
-- pattern the newest word of all channels.
--
-- KEYS[1] unified (ZSET: pattern JSON by confidence)  KEYS[2] positions (hash: channel, `epoch:offset:log time:ends from`)
-- KEYS[3..5] states of each channel (hash: pattern id, `moment:offsets:member`)
-- KEYS[6] ends of this channel (hash: pattern id, `offset:moment:log time`)  KEYS[7] ended (ZSET: pattern id by offset)
-- ARGV[1] channel  ARGV[2] which of the states is its own, from 1  ARGV[3] epoch of the entries  ARGV[4] offset before the first  ARGV[5] of the last
-- ARGV[6] log time (ms)  ARGV[7] offset before which no end counts  ARGV[8] offsets kept of a pattern
-- then six a change, in order: offset, pattern id, moment, '1' if it was known to have ended, confidence ('' where it ends),
--   member (where it ends: log time)
-- Returns 'projected', 'present' if everything was there before, or, where nothing was done because these entries do not go on from the position,
-- 'other_epoch' or 'behind'.

local unified, positions, ends, ended = KEYS[1], KEYS[2], KEYS[6], KEYS[7]
local states = { KEYS[3], KEYS[4], KEYS[5] }
local channel, own, epoch = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local after, last, ends_from, offsets_kept = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[7], tonumber(ARGV[8])

-- Ends that no longer count are removed when so many have come together, and so many in a call: that no call is slow.
local PURGED_FROM, PURGED_AT_ONCE = 1000, 500

local known_epoch, known = string.match(redis.call('HGET', positions, channel) or '', '^(.*):(%d+):%d+:%d+$')
if known_epoch ~= epoch then return 'other_epoch' end
known = tonumber(known)
if known >= last then return 'present' end
if known < after then return 'behind' end

-- The newest of the channels' words; of equal moments the later channel's.
local function newest(words)
  local found, found_moment
  for at = 1, #states do
    if words[at] then
      local moment = tonumber(string.match(words[at], '^%d+'))
      if not found or moment >= found_moment then found, found_moment = at, moment end
    end
  end
  return found
end

local function member_of(word) return string.match(word, '^%d+:[^:]*:(.*)$') end

-- Where a pattern was spoken of, and now here too: the newest ones.
local function offsets_with(word, offset)
  local before = word and string.match(word, '^%d+:([^:]*):')
  if not before then return offset end
  local _, count = string.gsub(before, ',', '')
  if count + 1 < offsets_kept then return before .. ',' .. offset end
  return '~' .. string.gsub(before, '^~?%d+,', '', 1) .. ',' .. offset
end

-- What is known of all of them, asked for at once.
local ids, number_of, words_of = {}, {}, {}
for at = 10, #ARGV, 6 do
  local id = ARGV[at]
  if not number_of[id] then
    ids[#ids + 1] = id
    number_of[id] = #ids
  end
end
for state, key in ipairs(states) do words_of[state] = #ids > 0 and redis.call('HMGET', key, unpack(ids)) end

for at = 9, #ARGV, 6 do
  local offset, id, moment, revived, confidence, content = unpack(ARGV, at, at + 5)
  if tonumber(offset) > known then
    local number = number_of[id]
    local words = { words_of[1][number], words_of[2][number], words_of[3][number] }
    local shown = newest(words)
    local shown_member = shown and member_of(words[shown])

    if confidence == '' then
      if words[own] then redis.call('HDEL', states[own], id) end
      words[own] = false
      redis.call('HSET', ends, id, offset .. ':' .. moment .. ':' .. content)
      redis.call('ZADD', ended, offset, id)
    else
      words[own] = moment .. ':' .. offsets_with(words[own], offset) .. ':' .. content
      redis.call('HSET', states[own], id, words[own])
      if revived == '1' then
        redis.call('HDEL', ends, id)
        redis.call('ZREM', ended, id)
      end
    end

    words_of[own][number] = words[own]
    local next_shown = newest(words)
    local member = next_shown == own and content or next_shown and member_of(words[next_shown])
    if shown_member and shown_member ~= member then redis.call('ZREM', unified, shown_member) end
    if next_shown == own then
      redis.call('ZADD', unified, confidence, member)
    elseif member and member ~= shown_member then
      redis.call('ZADD', unified, cjson.decode(member).confidence, member)
    end
  end
end

if redis.call('ZCOUNT', ended, '-inf', '(' .. ends_from) >= PURGED_FROM then
  local ids = redis.call('ZRANGE', ended, '-inf', '(' .. ends_from, 'BYSCORE', 'LIMIT', 0, PURGED_AT_ONCE)
  redis.call('HDEL', ends, unpack(ids))
  redis.call('ZREM', ended, unpack(ids))
end

redis.call('HSET', positions, channel, table.concat({ epoch, ARGV[5], ARGV[6], ends_from }, ':'))
return 'projected'
