-- Takes consumers of processes that are gone out of the group of the inbox: those with nothing pending. In one step, for a consumer that has
-- something pending would take it along, and nobody would read it again.
--
-- KEYS[1] inbox (stream)
-- ARGV[1] group  ARGV[2] the consumer that asks, which stays  ARGV[3] ms without a sign of life after which a process is gone
-- Returns how many were taken out.

local inbox = KEYS[1]
local group, asking, gone_after = ARGV[1], ARGV[2], tonumber(ARGV[3])

local reaped = 0
for _, about in ipairs(redis.call('XINFO', 'CONSUMERS', inbox, group)) do
  local consumer = {}
  for at = 1, #about, 2 do consumer[about[at]] = about[at + 1] end
  if consumer.name ~= asking and consumer.pending == 0 and consumer.idle > gone_after then
    redis.call('XGROUP', 'DELCONSUMER', inbox, group, consumer.name)
    reaped = reaped + 1
  end
end
return reaped
