-- CANCEL: removes tasks that nobody waits for. Their workers learn it at their next renewal.
-- KEYS tasks open lost unfit; ARGV n...
for _, n in ipairs(ARGV) do
  local id = redis.call('HGET', KEYS[2], n)
  if id then
    redis.call('XACK', KEYS[1], 'w', id)
    redis.call('XDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[2], n)
    redis.call('HDEL', KEYS[3], id)
    redis.call('HDEL', KEYS[4], id)
  end
end
return 1
