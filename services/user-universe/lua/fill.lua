-- Keeps what was loaded, unless a write came between or another one loads by now, and ends the loading.
--
-- KEYS[1] entry (hash)  KEYS[2] epoch (string)
-- ARGV[1] generation before the loading  ARGV[2] token of the loader  ARGV[3] value, '' if the loading failed
-- ARGV[4] when the loading began (ms)  ARGV[5] place in the database's journal that the value has at least, or ''
-- ARGV[6] time that an entry is kept (ms)
-- Returns 'filled', 'failed' or 'outdated'.
local entry, epoch_key = KEYS[1], KEYS[2]
local generation, token, value, at, lsn, kept = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local found = redis.call('HMGET', entry, 'epoch', 'generation', 'loader')
if found[3] ~= token or found[2] ~= generation or found[1] ~= redis.call('GET', epoch_key) then return 'outdated' end
redis.call('HDEL', entry, 'loader', 'loader_until')
if value == '' then return 'failed' end

redis.call('HSET', entry, 'value', value, 'at', at)
if lsn ~= '' then redis.call('HSET', entry, 'lsn', lsn) end
redis.call('PEXPIRE', entry, kept)
return 'filled'
