-- Keeps positions that a user's devices acknowledged: each unless one further on, or one of another epoch, is kept already.
--
-- KEYS[1] acknowledged positions (hash: name → position and time, JSON)
-- ARGV[1] time to live (ms)  ARGV[2] most names: beyond, those that were acknowledged longest ago go
-- ARGV[3…] of each position: name, epoch, offset, epoch that is known to be over ('' for none)
-- Returns for each 'kept:' and the offset that is stored now, this one or one further on; else 'other:' and the epoch of what
-- is stored instead.

local positions = KEYS[1]
local ttl, most = ARGV[1], tonumber(ARGV[2])

local clock = redis.call('TIME')
local now = clock[1] .. string.format('%03d', math.floor(clock[2] / 1000))

local function keep(name, epoch, offset, over)
  local text = redis.call('HGET', positions, name)
  local before = text and cjson.decode(text)
  if before and before.epoch ~= epoch and before.epoch ~= over then return 'other:' .. before.epoch end
  if before and before.epoch == epoch and before.offset > tonumber(offset) then
    return string.format('kept:%.0f', before.offset)
  end
  redis.call('HSET', positions, name, '{"epoch":' .. cjson.encode(epoch) .. ',"offset":' .. offset .. ',"at":' .. now .. '}')
  return 'kept:' .. offset
end

local function forgetOldest()
  local all = redis.call('HGETALL', positions)
  local ages = {}
  for at = 1, #all, 2 do ages[#ages + 1] = { name = all[at], at = cjson.decode(all[at + 1]).at } end
  table.sort(ages, function(one, other) return one.at < other.at end)
  for at = 1, #ages - most do redis.call('HDEL', positions, ages[at].name) end
end

local outcomes = {}
for at = 3, #ARGV, 4 do outcomes[#outcomes + 1] = keep(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]) end

if redis.call('HLEN', positions) > most then forgetOldest() end
redis.call('PEXPIRE', positions, ttl)
return outcomes
