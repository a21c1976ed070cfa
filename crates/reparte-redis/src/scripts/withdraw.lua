-- WITHDRAW: removes the tasks of a run that are on the queue and that no worker has. Returns their numbers.
-- KEYS tasks open lost unfit.
local withdrawn = {}
local open = redis.call('HGETALL', KEYS[2])
for at = 1, #open, 2 do
  local n, id = open[at], open[at + 1]
  if n ~= 'highest' then
    local owner = redis.pcall('XPENDING', KEYS[1], 'w', id, id, 1)
    owner = not owner.err and owner[1] and owner[1][2] or '-'
    if owner == '-' then
      redis.call('XACK', KEYS[1], 'w', id)
      redis.call('XDEL', KEYS[1], id)
      redis.call('HDEL', KEYS[2], n)
      redis.call('HDEL', KEYS[3], id)
      redis.call('HDEL', KEYS[4], id)
      withdrawn[#withdrawn + 1] = n
    end
  end
end
return withdrawn
