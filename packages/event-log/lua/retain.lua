-- Cuts off a channel's log, a step at a time, what is too old or too much, was acknowledged by every group that is to read all, and was projected.
--
-- KEYS[1] log (stream)  KEYS[2] head (hash: epoch, offset, start, cut, cut_unread)
-- ARGV[1] age beyond which entries go (ms)  ARGV[2] length beyond which the oldest go  ARGV[3] how the names of those groups begin
-- ARGV[4] at most so many entries go in this step
-- ARGV[5] epoch and ARGV[6] offset up to which it was projected: where the log has another epoch none of it was; '' and 0 where it need not be
-- Returns {'more' if another step would cut, else 'done', entries retained, age of the oldest (ms; 0 if none), entries ever cut,
-- those among them that a group had not acknowledged}.

local log, head = KEYS[1], KEYS[2]
local max_age, max_length, readers, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local projected_epoch, projected_offset = ARGV[5], tonumber(ARGV[6])

-- Lua writes large numbers with an exponent.
local function integer(number) return string.format('%.0f', number) end

local function offset_of(id) return tonumber(string.match(id, '^%d+')) end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- The offset and the time of the first entry that is not before `from`. One that does not say its time has none.
local function entry_at(from)
  local entry = redis.call('XRANGE', log, from, '+', 'COUNT', 1)[1]
  if not entry then return nil end
  for at = 1, #entry[2], 2 do
    if entry[2][at] == 'at' then return offset_of(entry[1]), tonumber(entry[2][at + 1]) end
  end
  return offset_of(entry[1]), nil
end

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

-- The offset up to which the log was projected; infinite if it need not be.
local function projected()
  if projected_epoch == '' then return math.huge end
  return redis.call('HGET', head, 'epoch') == projected_epoch and projected_offset or 0
end

-- The first offset before which all is too old, looked for up to `bound`. Whatever stands before an old entry is old, even if a clock was set back
-- between them; the first entry is old. One without a time is nobody's proof that those before it are old.
local function end_of_old(first, bound)
  local old, open = first, bound
  while open - old > 1 do
    local middle = math.floor((old + open) / 2)
    local offset, at = entry_at(integer(middle) .. '-0')
    if offset and offset < open and at and at < now - max_age then old = offset else open = middle end
  end
  return open
end

local length = redis.call('XLEN', log)
local first, first_at = entry_at('-')
local removed, more = 0, false

if first then
  -- The nth entry is never before the nth offset, so this many can go, or more.
  local kept = first + math.max(0, length - max_length)
  local bound = math.min(first + limit, math.min(acknowledged(), projected()) + 1)
  if kept < bound and bound > first and (first_at or 0) < now - max_age then kept = math.max(kept, end_of_old(first, bound)) end
  kept = math.min(kept, bound)
  if kept > first then
    removed = redis.call('XTRIM', log, 'MINID', integer(kept) .. '-0')
    redis.call('HINCRBY', head, 'cut', removed)
    -- Where offsets jump, or nothing is left, fewer were cut than could go.
    more = kept == first + limit or removed < kept - first
    first, first_at = entry_at('-')
  end
end

local ever = redis.call('HMGET', head, 'cut', 'cut_unread')
return {
  more and 'more' or 'done',
  length - removed,
  first_at and math.max(0, now - first_at) or 0,
  tonumber(ever[1] or '0'),
  tonumber(ever[2] or '0')
}
