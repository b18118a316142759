-- Says which generation an entry has before a write; one that is not there gets one.
--
-- KEYS[1] entry (hash)  KEYS[2] epoch (string)
-- ARGV[1] token, never used before  ARGV[2] time that an entry is kept (ms)
-- Returns {generation, now (ms)}.
local entry, epoch_key = KEYS[1], KEYS[2]
local token, kept = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local epoch = redis.call('GET', epoch_key)
if not epoch then
  epoch = token
  redis.call('SET', epoch_key, epoch)
end
local found = redis.call('HMGET', entry, 'epoch', 'generation')
if found[1] == epoch then return { found[2], now } end

redis.call('DEL', entry)
redis.call('HSET', entry, 'epoch', epoch, 'generation', token)
redis.call('PEXPIRE', entry, kept)
return { token, now }
