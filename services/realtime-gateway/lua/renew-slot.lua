-- Prolongs the lease of a slot for its holder.
--
-- KEYS[1] lease (string: the holder's id)
-- ARGV[1] the holder's id  ARGV[2] time to live (ms)
-- Returns 'renewed' or 'lost'.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'renewed'
