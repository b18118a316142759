-- After a write was committed: nothing that was loaded before counts any more. What the writer himself has read in its transaction
-- is kept, if no other write came between.
--
-- KEYS[1] entry (hash)  KEYS[2] epoch (string)
-- ARGV[1] generation before the write, or ''  ARGV[2] token, never used before: the next generation
-- ARGV[3] value at the write's end, or ''  ARGV[4] when the write began (ms)  ARGV[5] place of the commit in the database's journal, or ''
-- ARGV[6] time that an entry is kept (ms)
-- Returns 'kept' or 'dropped'.
local entry, epoch_key = KEYS[1], KEYS[2]
local before, token, value, at, lsn, kept = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local epoch = redis.call('GET', epoch_key)
if not epoch then
  epoch = token
  redis.call('SET', epoch_key, epoch)
end
local found = redis.call('HMGET', entry, 'epoch', 'generation')
local alone = found[1] == epoch and found[2] == before

redis.call('DEL', entry)
redis.call('HSET', entry, 'epoch', epoch, 'generation', token, 'lsn', lsn)
redis.call('PEXPIRE', entry, kept)
if not alone or value == '' then return 'dropped' end
redis.call('HSET', entry, 'value', value, 'at', at)
return 'kept'
