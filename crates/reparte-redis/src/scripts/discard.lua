-- DISCARD: removes a task whose run is dead, or that its run does not wait for. Returns 1; or 0 where
-- the run is alive and waits for it, or where it is gone already.
-- KEYS tasks res open lost unfit; ARGV id run n.
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry or entry[2][2] ~= ARGV[2] or entry[2][4] ~= ARGV[3] then
  return 0
end
local is_open = redis.call('HGET', KEYS[3], ARGV[3]) == ARGV[1]
if is_open and redis.call('EXISTS', KEYS[2]) == 1 then
  return 0
end
redis.call('XACK', KEYS[1], 'w', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
if is_open then
  redis.call('HDEL', KEYS[3], ARGV[3])
end
return 1
