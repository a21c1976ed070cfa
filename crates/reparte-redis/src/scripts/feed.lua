-- FEED: moves tasks of a detached run to the queue, up to twice the slots of the workers, and 16 at
-- least: so many as a client would have there. Moves none while its answers take their bytes. Returns
-- how many. Forgets a run that is gone.
-- KEYS tasks res open wait detached workers; ARGV run.
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('DEL', KEYS[4])
  redis.call('HDEL', KEYS[5], ARGV[1])
  return 0
end
local _, limit, answered = string.match(redis.call('HGET', KEYS[5], ARGV[1]) or '', '^(%d+) (%d+) (%d+)$')
if answered and tonumber(answered) >= tonumber(limit) then
  return 0
end
local slots = 0
for _, details in ipairs(redis.call('HVALS', KEYS[6])) do
  slots = slots + tonumber(string.match(details, '^%d+') or '0')
end
local there = redis.call('HLEN', KEYS[3]) - redis.call('HEXISTS', KEYS[3], 'highest')
local room = math.max(2 * slots, 16) - there
if room <= 0 then
  return 0
end
local entries = redis.call('XRANGE', KEYS[4], '-', '+', 'COUNT', room)
for _, entry in ipairs(entries) do
  local id = redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
  redis.call('HSET', KEYS[3], entry[2][4], id)
  redis.call('XDEL', KEYS[4], entry[1])
end
return #entries
