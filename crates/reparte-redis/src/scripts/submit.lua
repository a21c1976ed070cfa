-- SUBMIT: adds a task, once. Returns its id; 'done' where it was added before and is not open any
-- more; or '' where the run is gone. The numbers of a run's tasks grow.
-- KEYS tasks res open; ARGV run n call limit, '1' if the reply of an earlier call was lost, the workers
-- that are to avoid it, one a line.
if redis.call('EXISTS', KEYS[2]) == 0 then
  return ''
end
local known = redis.call('HGET', KEYS[3], ARGV[2])
if known then
  return known
end
local highest = tonumber(redis.call('HGET', KEYS[3], 'highest') or '0')
if ARGV[5] == '1' and tonumber(ARGV[2]) <= highest then
  return 'done'
end
local id = redis.call('XADD', KEYS[1], '*', 'run', ARGV[1], 'n', ARGV[2], 'call', ARGV[3], 'limit', ARGV[4],
  'avoid', ARGV[6] or '')
redis.call('HSET', KEYS[3], ARGV[2], id)
if tonumber(ARGV[2]) > highest then
  redis.call('HSET', KEYS[3], 'highest', ARGV[2])
end
if redis.call('PTTL', KEYS[3]) < 0 then
  redis.call('PEXPIRE', KEYS[3], math.max(redis.call('PTTL', KEYS[2]), 1))
end
return id
