-- FETCH: returns one answer of a run, in a list; or an empty list where it is not there.
-- KEYS res; ARGV its id.
return redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
