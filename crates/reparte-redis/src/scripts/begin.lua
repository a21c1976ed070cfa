-- BEGIN: tells a run's client that a worker has begun a task, where it still has it. Returns 1; 0
-- where nobody wants to know.
-- KEYS tasks res lost; ARGV worker id n, milliseconds since it began.
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('EXISTS', KEYS[2]) == 0 then
  return 0
end
if #redis.call('XPENDING', KEYS[1], 'w', ARGV[2], ARGV[2], 1, ARGV[1]) == 0 then
  return 0
end
redis.call('XADD', KEYS[2], '*', 'n', ARGV[3], 'kind', 'begun', 'answer', '', 'by', ARGV[1], 'ms', ARGV[4],
  'lost', KEYS[3] and redis.call('HGET', KEYS[3], ARGV[2]) or '')
return 1
