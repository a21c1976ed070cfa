-- DETACH: lets a run go on without a client. Workers move its tasks to the queue from now on, as long as
-- its answers take less than their bytes. Returns 1; or 0 where the run is gone.
-- KEYS res open kept wait detached; ARGV run, the bytes of its tasks, milliseconds until it expires, the
-- bytes of its answers, '1' if the run is new.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
local before = ARGV[5] == '0' and redis.call('HGET', KEYS[5], ARGV[1]) or ''
local answered = string.match(before, '^%d+ %d+ (%d+)$') or '0'
redis.call('HSET', KEYS[5], ARGV[1], ARGV[2] .. ' ' .. ARGV[4] .. ' ' .. answered)
for at = 1, 4 do
  redis.call('PEXPIRE', KEYS[at], ARGV[3])
end
return 1
