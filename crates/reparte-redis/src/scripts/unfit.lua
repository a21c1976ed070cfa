-- UNFIT: gives back a task that the worker is unfit for, and notes the reason. Returns ''; or, where
-- three workers are unfit for it, or for a time all that there are, their names, times and reasons, a
-- line each: the task is not given back then, and the worker commits a fault.
-- KEYS tasks unfit workers; ARGV worker id reason, milliseconds before a worker gets it again.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return ''
end
local pending = redis.call('XPENDING', KEYS[1], 'w', ARGV[2], ARGV[2], 1, ARGV[1])[1]
if not pending then
  return ''
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lines = redis.call('HGET', KEYS[2], ARGV[2]) or ''
local unfit, count, first = {}, 0, now
for worker, at in string.gmatch(lines, '([^\t\n]+)\t(%d+)\t[^\n]*') do
  unfit[worker] = true
  count = count + 1
  first = math.min(first, tonumber(at))
end
if not unfit[ARGV[1]] then
  local reason = string.gsub(ARGV[3], '%c', ' ')
  unfit[ARGV[1]] = true
  count = count + 1
  lines = lines .. ARGV[1] .. '\t' .. string.format('%.0f', now) .. '\t' .. reason .. '\n'
  redis.call('HSET', KEYS[2], ARGV[2], lines)
end
-- One that is to avoid the task counts as others do: TAKE gives it the task once all others are unfit.
local are_all = true
for _, worker in ipairs(redis.call('HKEYS', KEYS[3])) do
  are_all = are_all and unfit[worker] == true
end
if count >= 3 or (are_all and now - first >= tonumber(ARGV[4])) then
  return lines
end
redis.call('XCLAIM', KEYS[1], 'w', '-', 0, ARGV[2], 'IDLE', 86400000,
  'RETRYCOUNT', math.max(pending[4] - 1, 0), 'JUSTID')
return ''
