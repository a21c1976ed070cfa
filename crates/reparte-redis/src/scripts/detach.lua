-- DETACH: lets a run go on without a client. Workers move its tasks to the queue from now on. Returns 1;
-- or 0 where the run is gone.
-- KEYS res open kept wait detached; ARGV run, the bytes of its tasks, milliseconds until it expires.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[5], ARGV[1], ARGV[2])
for at = 1, 4 do
  redis.call('PEXPIRE', KEYS[at], ARGV[3])
end
return 1
