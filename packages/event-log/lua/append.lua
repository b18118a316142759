-- Appends events to a channel's log, each once, in their order, under the next dense offsets.
--
-- KEYS[1] log (stream)  KEYS[2] head (hash: epoch, offset, start, cut, cut_unread)  KEYS[3] seen (ZSET: event id, ms of its append)
-- ARGV[1] epoch to use if a new one begins
-- ARGV[2] deduplication window (ms)
-- ARGV[3] length to which the log is cut once it is beyond, whoever has not read it  ARGV[4] how the names of groups begin that are to read all
-- ARGV[5] epoch and ARGV[6] offset of the last position the writer knows of; '' and 0 for none
-- then two an event: its id, and the event (JSON)
-- Returns {epoch, offset of the head, {for each event: its offset, or 0 for a duplicate}}.
-- If it fails on the way, the events before are in the log, and its head knows of them: a repetition finds them as duplicates.

local log, head, seen = KEYS[1], KEYS[2], KEYS[3]
local new_epoch = ARGV[1]
local window, hard_length, readers = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local known_epoch, known_offset = ARGV[5], tonumber(ARGV[6])
local FIRST_EVENT = 7

-- Expired ids removed: more than are added, so that a backlog shrinks; few, so that no call is slow.
local TRIMMED_AT_LEAST, TRIMMED_PER_EVENT = 8, 2

-- Whether the log is too long is looked at once in so many entries: to look at the groups then costs more than an append.
local LOOKED_EVERY = 128

-- Entries cut by one call: a tenth of a millisecond, and more than are appended by one, so that a length that was lowered is reached.
local CUT_AT_ONCE = 1000

-- Lua writes large numbers with an exponent.
local function integer(number) return string.format('%.0f', number) end

local time = redis.call('TIME')
local now = integer(tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local window_begins = integer(tonumber(now) - window)

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

local function offset_of(id) return tonumber(string.match(id, '^%d+')) end

-- The offset up to which every one of the readers' groups has acknowledged all; infinite if there are none.
local function acknowledged()
  local lowest = math.huge
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', log)) do
    local about = {}
    for at = 1, #group, 2 do about[group[at]] = group[at + 1] end
    if string.sub(about['name'], 1, #readers) == readers then
      lowest = math.min(lowest, offset_of(about['last-delivered-id']))
      if about['pending'] > 0 then
        lowest = math.min(lowest, offset_of(redis.call('XPENDING', log, about['name'])[2]) - 1)
      end
    end
  end
  return lowest
end

-- Cuts the oldest entries off a log that is too long, and counts those among them that a group had not acknowledged.
local function cut(excess)
  local first = offset_of(redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1][1])
  local kept = first + math.min(excess, CUT_AT_ONCE)
  local unread = math.max(0, kept - math.max(first, acknowledged() + 1))
  local removed = redis.call('XTRIM', log, 'MINID', integer(kept) .. '-0')
  redis.call('HINCRBY', head, 'cut', removed)
  if unread > 0 then redis.call('HINCRBY', head, 'cut_unread', math.min(unread, removed)) end
end

local function add(event)
  return redis.pcall('XADD', log, integer(offset + 1) .. '-0', 'epoch', epoch, 'at', now, 'event', event)
end

local ids = {}
for at = FIRST_EVENT, #ARGV, 2 do ids[#ids + 1] = ARGV[at] end
local seen_at = redis.call('ZMSCORE', seen, unpack(ids))

local results, remembered, in_this_call, failure = {}, {}, {}, nil
for number, id in ipairs(ids) do
  local known = in_this_call[id] or seen_at[number] and tonumber(seen_at[number]) > tonumber(window_begins)
  if known then
    results[number] = 0
  else
    local event = ARGV[FIRST_EVENT + 2 * number - 1]
    local added = add(event)
    if added.err and string.find(added.err, 'equal or smaller', 1, true) then
      -- The stream is ahead of its head: somebody else has written to it.
      begin_epoch(last_of_stream())
      added = add(event)
    end
    if added.err then
      failure = added
      break
    end
    offset = offset + 1
    results[number] = offset
    in_this_call[id] = true
    remembered[#remembered + 1] = now
    remembered[#remembered + 1] = id
  end
end

if #remembered > 0 then
  redis.call('HSET', head, 'offset', integer(offset))
  redis.call('ZADD', seen, unpack(remembered))
  if math.floor(offset / LOOKED_EVERY) > math.floor((offset - #remembered / 2) / LOOKED_EVERY) then
    local excess = redis.call('XLEN', log) - hard_length
    if excess > 0 then cut(excess) end
  end
  local most = TRIMMED_AT_LEAST + TRIMMED_PER_EVENT * (#remembered / 2)
  local expired = redis.call('ZRANGE', seen, '-inf', window_begins, 'BYSCORE', 'LIMIT', 0, most)
  if #expired > 0 then redis.call('ZREM', seen, unpack(expired)) end
end

if failure then return failure end
return { epoch, offset, results }
