-- SUBMIT: adds a task, once. Returns its id, or '' where the run is gone.
-- KEYS tasks res open; ARGV run n call limit.
if redis.call('EXISTS', KEYS[2]) == 0 then
  return ''
end
local known = redis.call('HGET', KEYS[3], ARGV[2])
if known then
  return known
end
local id = redis.call('XADD', KEYS[1], '*', 'run', ARGV[1], 'n', ARGV[2], 'call', ARGV[3], 'limit', ARGV[4])
redis.call('HSET', KEYS[3], ARGV[2], id)
if redis.call('HLEN', KEYS[3]) == 1 then
  redis.call('PEXPIRE', KEYS[3], math.max(redis.call('PTTL', KEYS[2]), 1))
end
return id
