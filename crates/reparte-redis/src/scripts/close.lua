-- CLOSE: ends a run, with its open tasks and its results. Returns 1; or 0 where another client has the
-- run.
-- KEYS tasks res open lost unfit, and of a run that is kept: kept wait client detached; ARGV of a run that is
-- kept: the run, and the client, or an empty text for one that has no lease.
if KEYS[8] then
  local holder = redis.call('GET', KEYS[8])
  if holder and holder ~= ARGV[2] then
    return 0
  end
  redis.call('DEL', KEYS[6], KEYS[7], KEYS[8])
  redis.call('HDEL', KEYS[9], ARGV[1])
end
redis.call('HDEL', KEYS[3], 'highest')
for _, id in ipairs(redis.call('HVALS', KEYS[3])) do
  redis.call('XACK', KEYS[1], 'w', id)
  redis.call('XDEL', KEYS[1], id)
  redis.call('HDEL', KEYS[4], id)
  redis.call('HDEL', KEYS[5], id)
end
redis.call('DEL', KEYS[2], KEYS[3])
return 1
