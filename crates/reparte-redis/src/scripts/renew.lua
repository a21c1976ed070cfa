-- RENEW: renews the leases of a worker. Returns the ids that it no longer has.
-- KEYS tasks; ARGV worker, id...
local gone = {}
local exists = redis.call('EXISTS', KEYS[1]) == 1
for at = 2, #ARGV do
  local id = ARGV[at]
  -- Unguarded, a claim would take a task back from its new worker.
  if exists and #redis.call('XPENDING', KEYS[1], 'w', id, id, 1, ARGV[1]) == 1 then
    redis.call('XCLAIM', KEYS[1], 'w', ARGV[1], 0, id, 'JUSTID')
  else
    gone[#gone + 1] = id
  end
end
return gone
