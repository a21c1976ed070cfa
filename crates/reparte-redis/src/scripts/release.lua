-- RELEASE: gives tasks back. Another worker takes them at its next sweep, and no death is counted.
-- KEYS tasks; ARGV worker, id...
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
local released = 0
for at = 2, #ARGV do
  local id = ARGV[at]
  local pending = redis.call('XPENDING', KEYS[1], 'w', id, id, 1, ARGV[1])[1]
  if pending then
    redis.call('XCLAIM', KEYS[1], 'w', '-', 0, id, 'IDLE', 86400000,
      'RETRYCOUNT', math.max(pending[4] - 1, 0), 'JUSTID')
    released = released + 1
  end
end
return released
