-- Tells where a channel's log stands. Gives it a head if it has none, and a new epoch if it was lost or went backwards.
--
-- KEYS[1] log (stream)  KEYS[2] head (hash: epoch, offset, start)
-- ARGV[1] epoch to use if a new one begins
-- ARGV[2] epoch and ARGV[3] offset of the last position the caller has read itself; '' and 0 for none
-- Returns {epoch, offset of the head, offset before the first entry of the epoch, oldest offset retained (head + 1 if none)}.

local log, head = KEYS[1], KEYS[2]
local new_epoch = ARGV[1]
local known_epoch, known_offset = ARGV[2], tonumber(ARGV[3])

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

local has_log = redis.call('EXISTS', log) == 1
if not has_log and (not epoch or offset > 0) then
  begin_epoch(0)
elseif not epoch then
  begin_epoch(last_of_stream())
elseif epoch == known_epoch and offset < known_offset then
  begin_epoch(offset)
end

local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
return { epoch, offset, start, oldest and offset_of(oldest[1]) or offset + 1 }
