-- Finds an entry of the cache, or says who is to load it.
--
-- KEYS[1] entry (hash: epoch, generation, value, at, lsn, loader, loader_until)  KEYS[2] epoch (string)
-- ARGV[1] token, never used before  ARGV[2] age from which a value is old (ms)  ARGV[3] time that a loader has (ms)
-- ARGV[4] time that an entry is kept (ms)
-- Returns {what, generation, value or '', age (ms), lsn or '', now (ms)}, where what is
--   'hit'   the value is fresh
--   'load'  the caller is the loader now, under his token; a value is an old one
--   'wait'  another one loads; a value is an old one
--
-- An entry of another epoch is gone. One that is not there gets a generation, which names the state before the loading:
-- a write changes it, and what was loaded for another generation is not taken.
local entry, epoch_key = KEYS[1], KEYS[2]
local token, fresh, patience, kept = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local epoch = redis.call('GET', epoch_key)
if not epoch then
  epoch = token
  redis.call('SET', epoch_key, epoch)
end

local found = redis.call('HMGET', entry, 'epoch', 'generation', 'value', 'at', 'lsn', 'loader_until')
local known, generation, value, at, lsn, loader_until = found[1], found[2], found[3], found[4], found[5], found[6]
if known ~= epoch then
  redis.call('DEL', entry)
  redis.call('HSET', entry, 'epoch', epoch, 'generation', token)
  redis.call('PEXPIRE', entry, kept)
  generation, value, lsn, loader_until = token, false, false, false
end

local age = 0
if value then
  age = now - tonumber(at)
  if age < fresh then return { 'hit', generation, value, age, lsn or '', now } end
  if age > kept then value = false end
end
local what = 'wait'
if not loader_until or tonumber(loader_until) <= now then
  what = 'load'
  redis.call('HSET', entry, 'loader', token, 'loader_until', now + patience)
  redis.call('PEXPIRE', entry, kept)
end
return { what, generation, value or '', age, lsn or '', now }
