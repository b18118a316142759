-- Tells where a channel's log stands. Gives it a head if it has none, and a new epoch if it was lost or went backwards.
--
-- KEYS[1] log (stream)  KEYS[2] head (hash: epoch, offset, start)
-- ARGV[1] epoch to use if a new one begins
-- ARGV[2] epoch, ARGV[3] offset and ARGV[4] time (ms) of the last entry the caller has read itself; '', 0 and 0 for none
-- Returns {epoch, offset of the head, offset before the first entry of the epoch, oldest offset retained (head + 1 if none)}.

local log, head = KEYS[1], KEYS[2]
local new_epoch = ARGV[1]
local known_epoch, known_offset, known_at = ARGV[2], tonumber(ARGV[3]), ARGV[4]

-- Lua writes large numbers with an exponent.
local function integer(number) return string.format('%.0f', number) end

local function offset_of(id) return tonumber(string.match(id, '^%d+')) end

local state = redis.call('HMGET', head, 'epoch', 'offset', 'start')
local epoch, offset, start = state[1], tonumber(state[2] or '0'), tonumber(state[3] or '0')

local function begin_epoch(after)
  epoch, offset, start = new_epoch, after, after
  redis.call('HSET', head, 'epoch', epoch, 'offset', integer(offset), 'start', integer(start))
end

-- The highest offset that the stream ever held.
local function last_of_stream()
  local info = redis.call('XINFO', 'STREAM', log)
  for at = 1, #info, 2 do
    if info[at] == 'last-generated-id' then return offset_of(info[at + 1]) end
  end
end

-- A log that lost its tail and has grown again holds another entry where the known one was.
local function is_another_entry()
  local id = integer(known_offset) .. '-0'
  local entry = redis.call('XRANGE', log, id, id)[1]
  if not entry then return false end
  for at = 1, #entry[2], 2 do
    if entry[2][at] == 'at' then return entry[2][at + 1] ~= known_at end
  end
  return true
end

local has_log = redis.call('EXISTS', log) == 1
if not has_log and (not epoch or offset > 0) then
  begin_epoch(0)
elseif not epoch then
  begin_epoch(last_of_stream())
elseif epoch == known_epoch and (offset < known_offset or is_another_entry()) then
  begin_epoch(offset)
end

local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
return { epoch, offset, start, oldest and offset_of(oldest[1]) or offset + 1 }
