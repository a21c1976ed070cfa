-- DETACH: lets a run go on without a client. Workers move its tasks to the queue from now on, as long as
-- its answers take less than their bytes. Returns 1; or 0 where the run is gone.
-- KEYS res open kept wait detached; ARGV run, the bytes of its tasks, milliseconds until it expires, the
-- bytes of its answers.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
local before = redis.call('HGET', KEYS[5], ARGV[1]) or ''
local answered = string.match(before, '^%d+ %d+ (%d+)$')
if not answered then
  -- Those that no earlier client has collected: a window of them at most.
  local bytes, from = 0, '-'
  while from do
    local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
    bytes = bytes + (entry and #(entry[2][6] or '') or 0)
    from = entry and '(' .. entry[1]
  end
  answered = string.format('%.0f', bytes)
end
redis.call('HSET', KEYS[5], ARGV[1], ARGV[2] .. ' ' .. ARGV[4] .. ' ' .. answered)
for at = 1, 4 do
  redis.call('PEXPIRE', KEYS[at], ARGV[3])
end
return 1
