-- LEAVE: removes a worker that ends.
-- KEYS tasks seen workers; ARGV worker.
if redis.call('EXISTS', KEYS[1]) == 1
  and #redis.call('XPENDING', KEYS[1], 'w', '-', '+', 1, ARGV[1]) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'w', ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
redis.call('HDEL', KEYS[3], ARGV[1])
return 1
