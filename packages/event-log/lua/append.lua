-- Appends events to a channel's log, each once, in their order, under the next dense offsets. An event whose id is in the window is a duplicate
-- with two exceptions, for producers that use a flow_id again: one that is newer than the end of its pattern revives it, and an end that is newer than
-- what is known of its pattern, or of the same moment while that is live, ends it once more. A repetition of an event is never newer: what is known is
-- at least as new since it came first, for as long as that is remembered. That holds for duplicates too: the newest moment of those that were left out
-- while their pattern was live is kept beside what is known, so that another replica that offers them after the pattern's end does not revive it.
--
-- Each entry says what its event changed:
--   before  threshold values of the live state that it replaces or ends; absent if the pattern was not live
--   late    1 if it is older than what is known of its pattern, so that it changes nothing; absent otherwise
-- The newest moment counts; of equal moments the later entry, but an end is only undone by a newer moment.
--
-- KEYS[1] log (stream)  KEYS[2] head (hash: epoch, offset, start, time, cut, cut_unread)  KEYS[3] seen (ZSET: event id, ms of its append)
-- KEYS[4] states (hash: pattern id, `moment:threshold values (JSON)` of a live one, `moment:log time (ms)` of an ended one; where a newer duplicate
--         was left out, `moment,its moment:…`)
-- KEYS[5] forget (ZSET: pattern id, log time at which its state is forgotten)
-- ARGV[1] epoch to use if a new one begins
-- ARGV[2] deduplication window (ms)
-- ARGV[3] length to which the log is cut once it is beyond, whoever has not read it  ARGV[4] how the names of groups begin that are to read all
-- ARGV[5] epoch and ARGV[6] offset of the last position the writer knows of; '' and 0 for none
-- ARGV[7] how long an end is remembered, ARGV[8] and a live state after it should have expired (ms of log time)
-- ARGV[9] states remembered at most
-- then six an event: its id, the event (JSON), pattern id, moment (ms), threshold values (JSON; '' where it ends), ms at which the pattern expires
-- Returns {epoch, offset of the head, {for each event: its offset, or 0 for a duplicate}}.
-- If it fails on the way, the events before are in the log, and its head knows of them: a repetition finds them as duplicates.

local log, head, seen, states, forget = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local new_epoch = ARGV[1]
local window, hard_length, readers = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local known_epoch, known_offset = ARGV[5], tonumber(ARGV[6])
local end_remembered, live_remembered, states_remembered = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local FIRST_EVENT, FIELDS = 10, 6

-- Expired ids and states removed: more than are added, so that a backlog shrinks; few, so that no call is slow.
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

local about = redis.call('HMGET', head, 'epoch', 'offset', 'time')
local epoch, offset, log_time = about[1], tonumber(about[2] or '0'), tonumber(about[3] or '0')

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
if not has_log then
  -- What was seen and known is gone with the log: it may be appended again.
  redis.call('UNLINK', seen, states, forget)
  redis.call('HDEL', head, 'time')
  log_time = 0
end
if not has_log and (not epoch or offset > 0) then
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

local function add(event, change, value)
  local id = integer(offset + 1) .. '-0'
  if change then return redis.pcall('XADD', log, id, 'epoch', epoch, 'at', now, 'event', event, change, value) end
  return redis.pcall('XADD', log, id, 'epoch', epoch, 'at', now, 'event', event)
end

local ids, patterns = {}, {}
for at = FIRST_EVENT, #ARGV, FIELDS do
  ids[#ids + 1] = ARGV[at]
  patterns[#patterns + 1] = ARGV[at + 2]
end
local seen_at = redis.call('ZMSCORE', seen, unpack(ids))
local state_of = {}
for number, state in ipairs(redis.call('HMGET', states, unpack(patterns))) do state_of[patterns[number]] = state end

-- The log's time is the highest that an entry has: the clock of a Redis that took over may be behind.
log_time = math.max(log_time, tonumber(now))

-- The moment of what is known of a pattern, whether it has ended, the values of a live one, and the newest moment of a duplicate that was left out.
-- Nothing where it is not known.
local function known_of(pattern)
  local state = state_of[pattern]
  if not state then return nil end
  local moment, left_out, rest = string.match(state, '^(%d+),?(%d*):(.*)$')
  if string.sub(rest, 1, 1) == '{' then return tonumber(moment), false, rest, tonumber(left_out) end
  if log_time - tonumber(rest) > end_remembered then return nil end
  return tonumber(moment), true, nil, tonumber(left_out)
end

local function state_text(moment, left_out, rest)
  if left_out and left_out > tonumber(moment) then return moment .. ',' .. integer(left_out) .. ':' .. rest end
  return moment .. ':' .. rest
end

local results, remembered, in_this_call, failure = {}, {}, {}, nil
local changed = {}
for number, id in ipairs(ids) do
  local _, event, pattern, moment, values, expires_at = unpack(ARGV, FIRST_EVENT + FIELDS * (number - 1), FIRST_EVENT + FIELDS * number - 1)
  local is_end = values == ''
  local known_moment, ended, before, left_out = known_of(pattern)
  -- How much newer it is than what is known.
  local newer_by = known_moment and tonumber(moment) - known_moment
  local seen_before = in_this_call[id] or seen_at[number] and tonumber(seen_at[number]) > tonumber(window_begins)
  local is_news = newer_by and ((is_end or ended) and newer_by > 0 or is_end and not ended and newer_by == 0)
  local was_left_out = not is_end and left_out and tonumber(moment) <= left_out
  if seen_before and (was_left_out or not is_news) then
    results[number] = 0
    if before and newer_by > 0 and not was_left_out then
      state_of[pattern] = state_text(integer(known_moment), tonumber(moment), before)
      redis.call('HSET', states, pattern, state_of[pattern])
    end
  else
    local late = newer_by and (newer_by < 0 or newer_by == 0 and ended)
    local change, value
    if late then change, value = 'late', '1' elseif before then change, value = 'before', before end
    local added = add(event, change, value)
    if added.err and string.find(added.err, 'equal or smaller', 1, true) then
      -- The stream is ahead of its head: somebody else has written to it.
      begin_epoch(last_of_stream())
      added = add(event, change, value)
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
    if not late then
      state_of[pattern] = state_text(moment, left_out, is_end and integer(log_time) or values)
      changed[pattern] = is_end and log_time + end_remembered or math.max(log_time, tonumber(expires_at)) + live_remembered
    end
  end
end

if #remembered > 0 then
  redis.call('HSET', head, 'offset', integer(offset), 'time', integer(log_time))
  redis.call('ZADD', seen, unpack(remembered))
  if math.floor(offset / LOOKED_EVERY) > math.floor((offset - #remembered / 2) / LOOKED_EVERY) then
    local excess = redis.call('XLEN', log) - hard_length
    if excess > 0 then cut(excess) end
  end
  local most = TRIMMED_AT_LEAST + TRIMMED_PER_EVENT * (#remembered / 2)
  local expired = redis.call('ZRANGE', seen, '-inf', window_begins, 'BYSCORE', 'LIMIT', 0, most)
  if #expired > 0 then redis.call('ZREM', seen, unpack(expired)) end

  local new_states, due = {}, {}
  for pattern, forget_at in pairs(changed) do
    new_states[#new_states + 1] = pattern
    new_states[#new_states + 1] = state_of[pattern]
    due[#due + 1] = integer(forget_at)
    due[#due + 1] = pattern
  end
  if #due > 0 then
    redis.call('HSET', states, unpack(new_states))
    redis.call('ZADD', forget, unpack(due))
  end
  local forgotten = redis.call('ZRANGE', forget, '-inf', '(' .. integer(log_time), 'BYSCORE', 'LIMIT', 0, most)
  local excess = redis.call('ZCARD', forget) - states_remembered
  if excess > #forgotten then forgotten = redis.call('ZRANGE', forget, 0, math.min(excess, most) - 1) end
  if #forgotten > 0 then
    redis.call('HDEL', states, unpack(forgotten))
    redis.call('ZREM', forget, unpack(forgotten))
  end
end

if failure then return failure end
return { epoch, offset, results }
