-- HOLD: takes or renews the lease of a run's client. Returns 'held', the server's time in milliseconds,
-- whether the run is detached, 1 or 0, and the highest number of its tasks; or 'taken', the client that
-- has the lease, and the milliseconds until it ends.
-- KEYS client detached open; ARGV client, milliseconds of the lease, run, an earlier client that is known
-- to be dead, or an empty text.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[4] then
  return {'taken', holder, redis.call('PTTL', KEYS[1])}
end
-- A full server refuses a script's first write if it takes memory, and no later one. A client without
-- its lease could not collect the answers that fill it.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {'held', string.format('%.0f', now), redis.call('HEXISTS', KEYS[2], ARGV[3]),
  redis.call('HGET', KEYS[3], 'highest') or '0'}
