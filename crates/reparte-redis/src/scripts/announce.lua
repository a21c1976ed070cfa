-- ANNOUNCE: enters a worker, and removes those that are silent and have nothing. Returns the
-- lease of the queue in milliseconds, which its first worker has chosen.
-- KEYS tasks seen workers lease; ARGV worker, its details, lease.
redis.pcall('XGROUP', 'CREATE', KEYS[1], 'w', '0', 'MKSTREAM')
-- Between 300 ms and an hour. What is no number is 15 seconds: it would fail all calls of this script.
local function lease_of(text)
  local lease = tonumber(string.match(text or '', '^%d+$') or '15000')
  return math.min(math.max(lease, 300), 3600000)
end
redis.call('SET', KEYS[4], string.format('%.0f', lease_of(ARGV[3])), 'NX')
local lease = lease_of(redis.call('GET', KEYS[4]))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
-- If the server's clock was set back, those that have come before are silent from now on.
local later = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now, '+inf', 'LIMIT', 0, 16)
for _, worker in ipairs(later) do
  redis.call('ZADD', KEYS[2], now, worker)
end
-- A worker announces itself every third of the lease, and at least every 5 seconds.
local silence = 3 * math.min(lease, 15000)
local silent = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - silence, 'LIMIT', 0, 16)
for _, worker in ipairs(silent) do
  -- The tasks of a consumer go with it: they would be lost.
  if #redis.call('XPENDING', KEYS[1], 'w', '-', '+', 1, worker) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'w', worker)
    redis.call('ZREM', KEYS[2], worker)
  else
    -- Behind the others that are silent: it may have its tasks for long.
    redis.call('ZADD', KEYS[2], now - silence, worker)
  end
  redis.call('HDEL', KEYS[3], worker)
end
return string.format('%.0f', lease)
