-- Appends an event to a channel's log, once, under the next dense offset.
--
-- KEYS[1] log (stream)  KEYS[2] head (hash: epoch, offset, start)  KEYS[3] seen (ZSET: event id, ms of its append)
-- ARGV[1] event id  ARGV[2] event (JSON)  ARGV[3] epoch to use if a new one begins
-- ARGV[4] deduplication window (ms)  ARGV[5] length the log is trimmed to, approximately
-- ARGV[6] epoch and ARGV[7] offset of the last position the writer knows of; '' and 0 for none
-- Returns {'appended', epoch, offset}, or {'duplicate', epoch, offset} with the position of the head.

local log, head, seen = KEYS[1], KEYS[2], KEYS[3]
local event_id, event, new_epoch = ARGV[1], ARGV[2], ARGV[3]
local window, max_length = tonumber(ARGV[4]), ARGV[5]
local known_epoch, known_offset = ARGV[6], tonumber(ARGV[7])

-- Expired ids removed with each append: more than the one it adds, so that a backlog shrinks; few, so that no call is slow.
local TRIMMED_PER_APPEND = 8

-- Lua writes large numbers with an exponent.
local function integer(number) return string.format('%.0f', number) end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local state = redis.call('HMGET', head, 'epoch', 'offset')
local epoch, offset = state[1], tonumber(state[2] or '0')

-- The highest offset that the stream ever held.
local function last_of_stream()
  local info = redis.call('XINFO', 'STREAM', log)
  for at = 1, #info, 2 do
    if info[at] == 'last-generated-id' then return tonumber(string.match(info[at + 1], '^%d+')) end
  end
end

local function begin_epoch(after)
  epoch, offset = new_epoch, after
  redis.call('HSET', head, 'epoch', epoch, 'offset', integer(offset), 'start', integer(offset))
end

local has_log = redis.call('EXISTS', log) == 1
if not has_log and (not epoch or offset > 0) then
  -- What was seen is gone with the log: it may be appended again.
  redis.call('UNLINK', seen)
  begin_epoch(0)
elseif not epoch then
  begin_epoch(last_of_stream())
elseif epoch == known_epoch and offset < known_offset then
  -- A failover lost the tail of the log.
  begin_epoch(offset)
end

local seen_at = redis.call('ZSCORE', seen, event_id)
if seen_at and tonumber(seen_at) > now - window then return { 'duplicate', epoch, offset } end

local function add()
  return redis.pcall('XADD', log, 'MAXLEN', '~', max_length, integer(offset + 1) .. '-0',
    'epoch', epoch, 'at', integer(now), 'event', event)
end

local added = add()
if added.err and string.find(added.err, 'equal or smaller', 1, true) then
  -- The stream is ahead of its head: somebody else has written to it.
  begin_epoch(last_of_stream())
  added = add()
end
if added.err then return added end

offset = offset + 1
redis.call('HSET', head, 'offset', integer(offset))
redis.call('ZADD', seen, integer(now), event_id)
local expired = redis.call('ZRANGE', seen, '-inf', integer(now - window), 'BYSCORE', 'LIMIT', 0, TRIMMED_PER_APPEND)
if #expired > 0 then redis.call('ZREM', seen, unpack(expired)) end

return { 'appended', epoch, offset }
