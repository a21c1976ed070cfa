-- FEED: moves tasks of a detached run to the queue, up to twice the slots of the workers, and 16 at
-- least: so many as a client would have there. Moves none while its answers take their bytes, and 1,024
-- or 16 MiB at a time: others wait for this script. Returns how many: none of a run that is not detached.
-- Forgets a run that is gone.
-- KEYS tasks res open wait detached workers; ARGV run.
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('DEL', KEYS[4])
  redis.call('HDEL', KEYS[5], ARGV[1])
  return 0
end
local _, limit, answered = string.match(redis.call('HGET', KEYS[5], ARGV[1]) or '', '^(%d+) (%d+) (%d+)$')
if not answered or tonumber(answered) >= tonumber(limit) then
  return 0
end
local slots = 0
for _, details in ipairs(redis.call('HVALS', KEYS[6])) do
  local of_worker = tonumber(string.match(details, '^%d+') or '0')
  -- No worker has more. One that says so may say anything.
  slots = slots + (of_worker <= 65535 and of_worker or 0)
end
local there = redis.call('HLEN', KEYS[3]) - redis.call('HEXISTS', KEYS[3], 'highest')
local room = math.min(math.max(2 * slots, 16) - there, 1024)
local moved, bytes = 0, 0
while moved < room and bytes < 16777216 do
  local entry = redis.call('XRANGE', KEYS[4], '-', '+', 'COUNT', 1)[1]
  if not entry then
    break
  end
  local id = redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
  redis.call('HSET', KEYS[3], entry[2][4], id)
  redis.call('XDEL', KEYS[4], entry[1])
  moved, bytes = moved + 1, bytes + #(entry[2][6] or '')
end
return moved
