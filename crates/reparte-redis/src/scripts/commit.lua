-- COMMIT: acknowledges a task and adds its result, in one step. Returns 1; 2 where the run is gone;
-- 0 where the result is not wanted: the task was cancelled, or another worker was first.
-- Moves the next task of a detached run to the queue, as long as its answers are within their bytes.
-- KEYS tasks res open lost unfit wait detached; ARGV id run n kind answer by ms try.
local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
-- After a failover that forgot, the id may be another task's.
if not entry or entry[2][2] ~= ARGV[2] or entry[2][4] ~= ARGV[3] then
  return 0
end
if redis.call('XACK', KEYS[1], 'w', ARGV[1]) == 0 then
  return 0
end
local lost = redis.call('HGET', KEYS[4], ARGV[1]) or ''
-- Their names, without times and reasons.
local unfit = string.gsub(redis.call('HGET', KEYS[5], ARGV[1]) or '', '\t[^\n]*', '')
redis.call('XDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
if redis.call('HGET', KEYS[3], ARGV[3]) == ARGV[1] then
  redis.call('HDEL', KEYS[3], ARGV[3])
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  return 2
end
local detached = KEYS[7] and redis.call('HGET', KEYS[7], ARGV[2]) or ''
local bytes, limit, answered = string.match(detached, '^(%d+) (%d+) (%d+)$')
if answered then
  answered = tonumber(answered) + #ARGV[5]
  redis.call('HSET', KEYS[7], ARGV[2], string.format('%s %s %.0f', bytes, limit, answered))
end
-- A run that is not detached yet is not begun.
local has_room = answered and answered < tonumber(limit)
local waiting = has_room and redis.call('XRANGE', KEYS[6], '-', '+', 'COUNT', 1)[1]
if waiting then
  local id = redis.call('XADD', KEYS[1], '*', unpack(waiting[2]))
  redis.call('HSET', KEYS[3], waiting[2][4], id)
  redis.call('XDEL', KEYS[6], waiting[1])
end
redis.call('XADD', KEYS[2], '*', 'n', ARGV[3], 'kind', ARGV[4], 'answer', ARGV[5],
  'by', ARGV[6], 'ms', ARGV[7], 'try', ARGV[8], 'lost', lost, 'unfit', unfit)
return 1
