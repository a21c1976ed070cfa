-- OPEN: makes the group of workers, and the run, where they are missing. Returns 1 if it has made the
-- run, else 0.
-- KEYS tasks res open, and of a run that is kept: kept wait detached; ARGV milliseconds until the run expires,
-- which may be later already, and of a run that is kept: the run.
redis.pcall('XGROUP', 'CREATE', KEYS[1], 'w', '0', 'MKSTREAM')
local of_run = {KEYS[2], KEYS[3], KEYS[4], KEYS[5]}
local is_new = redis.call('EXISTS', KEYS[2]) == 0
if is_new then
  -- A run of an earlier life: its tasks are submitted again.
  for at = 2, #of_run do
    redis.call('DEL', of_run[at])
  end
  if KEYS[6] then
    redis.call('HDEL', KEYS[6], ARGV[2])
  end
  redis.call('XDEL', KEYS[2], redis.call('XADD', KEYS[2], '*', 'n', '0'))
end
-- A full server refuses a write that takes memory, and its answers are to be collected all the same.
if KEYS[4] and redis.call('HEXISTS', KEYS[4], 'since') == 0 then
  redis.call('HSET', KEYS[4], 'since', redis.call('TIME')[1])
end
for _, key in ipairs(of_run) do
  if redis.call('PTTL', key) < tonumber(ARGV[1]) then
    redis.call('PEXPIRE', key, ARGV[1])
  end
end
return is_new and 1 or 0
