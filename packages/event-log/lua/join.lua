-- Joins a consumer group of a log, makes it if there is none, and tells where it stands.
--
-- KEYS[1] log (stream)  KEYS[2] head (hash: epoch, offset, start)
-- ARGV[1] group  ARGV[2] consumer that joins  ARGV[3] offset after which a group that has to be made begins
-- Fails if the head counts entries but there is no stream.
-- Returns {last offset delivered, offset before the first unacknowledged entry, epoch there, other consumers that have such entries}.

local log, head = KEYS[1], KEYS[2]
local group, consumer, begin_after = ARGV[1], ARGV[2], ARGV[3]

local function offset_of(id) return tonumber(string.match(id, '^%d+')) end

local function field(list, name)
  for at = 1, #list, 2 do
    if list[at] == name then return list[at + 1] end
  end
end

local function find_group()
  if redis.call('EXISTS', log) == 0 then return nil end
  for _, about in ipairs(redis.call('XINFO', 'GROUPS', log)) do
    if field(about, 'name') == group then return about end
  end
end

local found = find_group()
if not found then
  -- Lost since the caller looked at the log: a stream made here would hide that.
  if redis.call('EXISTS', log) == 0 and tonumber(redis.call('HGET', head, 'offset') or 0) > 0 then
    return redis.error_reply('ERR the stream of the log is gone')
  end
  redis.call('XGROUP', 'CREATE', log, group, begin_after .. '-0', 'MKSTREAM')
  found = find_group()
end

-- A slot has one consumer at a time: others are predecessors, and those with nothing left to hand over can go.
local predecessors = 0
for _, about in ipairs(redis.call('XINFO', 'CONSUMERS', log, group)) do
  if field(about, 'name') ~= consumer then
    if field(about, 'pending') == 0 then
      redis.call('XGROUP', 'DELCONSUMER', log, group, field(about, 'name'))
    else
      predecessors = predecessors + 1
    end
  end
end

local delivered = offset_of(field(found, 'last-delivered-id'))
local oldest_pending = redis.call('XPENDING', log, group)[2]
local position = delivered
if oldest_pending then position = math.min(delivered, offset_of(oldest_pending) - 1) end

-- A position belongs to the epoch of the entry that follows it.
local following = redis.call('XRANGE', log, string.format('%.0f', position + 1) .. '-0', '+', 'COUNT', 1)[1]
local epoch = following and field(following[2], 'epoch') or redis.call('HGET', head, 'epoch')

return { delivered, position, epoch, predecessors }
