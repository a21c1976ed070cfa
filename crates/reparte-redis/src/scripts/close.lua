-- CLOSE: ends a run, with its open tasks and its results.
-- KEYS tasks res open lost unfit.
redis.call('HDEL', KEYS[3], 'highest')
for _, id in ipairs(redis.call('HVALS', KEYS[3])) do
  redis.call('XACK', KEYS[1], 'w', id)
  redis.call('XDEL', KEYS[1], id)
  redis.call('HDEL', KEYS[4], id)
  redis.call('HDEL', KEYS[5], id)
end
redis.call('DEL', KEYS[2], KEYS[3])
return 1
