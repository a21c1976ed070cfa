-- UNHOLD: gives the lease of a run's client back.
-- KEYS client; ARGV client.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
