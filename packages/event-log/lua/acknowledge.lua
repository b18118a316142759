-- Acknowledges what a consumer group has been delivered up to an offset, whichever consumer it was delivered to.
--
-- KEYS[1] log (stream)
-- ARGV[1] group  ARGV[2] offset  ARGV[3] at most so many
-- Returns how many were acknowledged; as many as allowed means that there may be more.

local log = KEYS[1]
local group, offset, limit = ARGV[1], ARGV[2], ARGV[3]

local ids = {}
for at, pending in ipairs(redis.call('XPENDING', log, group, '-', offset .. '-0', limit)) do ids[at] = pending[1] end
if #ids == 0 then return 0 end

return redis.call('XACK', log, group, unpack(ids))
