-- OPEN: makes the group of workers, and the run, where they are missing.
-- KEYS tasks res open; ARGV milliseconds until the run expires.
redis.pcall('XGROUP', 'CREATE', KEYS[1], 'w', '0', 'MKSTREAM')
if redis.call('EXISTS', KEYS[2]) == 0 then
  -- A run of an earlier life: its tasks are submitted again.
  redis.call('DEL', KEYS[3])
  redis.call('XDEL', KEYS[2], redis.call('XADD', KEYS[2], '*', 'n', '0'))
end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[1])
return 1
