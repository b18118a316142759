-- Gives a slot back, if it is still the holder's.
--
-- KEYS[1] lease (string: the holder's id)
-- ARGV[1] the holder's id
-- Returns 'released' or 'lost'.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
redis.call('DEL', KEYS[1])
return 'released'
