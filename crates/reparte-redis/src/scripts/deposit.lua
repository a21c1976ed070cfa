-- DEPOSIT: is SUBMIT for a task that waits in its run until workers move it to the queue. Returns the
-- task's number, or that of an earlier client for the same call, which is there already; or '' where the
-- run is gone.
-- KEYS tasks res open kept wait lost unfit; ARGV run n call limit task.
if redis.call('EXISTS', KEYS[2]) == 0 then
  return ''
end
local digest = redis.sha1hex(ARGV[3])
local n, of = string.match(redis.call('HGET', KEYS[4], ARGV[5]) or '', '^(%d+) (%x+)$')
if n and of == digest then
  return n
end
if n then
  local id = redis.call('HGET', KEYS[3], n)
  if id then
    redis.call('XACK', KEYS[1], 'w', id)
    redis.call('XDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[3], n)
    redis.call('HDEL', KEYS[6], id)
    redis.call('HDEL', KEYS[7], id)
  end
  redis.call('XDEL', KEYS[5], n .. '-0')
end
redis.call('XADD', KEYS[5], ARGV[2] .. '-0', 'run', ARGV[1], 'n', ARGV[2], 'call', ARGV[3],
  'limit', ARGV[4], 'avoid', '')
redis.call('HSET', KEYS[4], ARGV[5], ARGV[2] .. ' ' .. digest)
redis.call('HSET', KEYS[3], 'highest', ARGV[2])
local left = math.max(redis.call('PTTL', KEYS[2]), 1)
for _, key in ipairs({KEYS[3], KEYS[4], KEYS[5]}) do
  if redis.call('PTTL', key) < 0 then
    redis.call('PEXPIRE', key, left)
  end
end
return ARGV[2]
