-- TAKE: takes tasks that were given back, and orphans, whose lease has ended. Returns for each its
-- id, its fields and the workers that were lost with it, one a line.
-- KEYS tasks lost sweep; ARGV worker, lease, how many, '1' to take orphans.
if not redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', 1000) then
  return {}
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {}
end
local taken = {}
local function take(pending)
  for _, entry in ipairs(pending) do
    local id, owner = entry[1], entry[2]
    local claimed = redis.call('XCLAIM', KEYS[1], 'w', ARGV[1], 0, id)[1]
    if claimed then
      local names = redis.call('HGET', KEYS[2], id) or ''
      if owner ~= '-' and owner ~= ARGV[1]
        and not string.find('\n' .. names .. '\n', '\n' .. owner .. '\n', 1, true) then
        names = names == '' and owner or names .. '\n' .. owner
        redis.call('HSET', KEYS[2], id, names)
      end
      taken[#taken + 1] = {id, claimed[2], names}
    else
      -- Its entry was deleted by another hand.
      redis.call('XACK', KEYS[1], 'w', id)
      redis.call('HDEL', KEYS[2], id)
    end
  end
end
local count = tonumber(ARGV[3])
take(redis.call('XPENDING', KEYS[1], 'w', '-', '+', count, '-'))
if ARGV[4] == '1' and #taken < count then
  take(redis.call('XPENDING', KEYS[1], 'w', 'IDLE', ARGV[2], '-', '+', count - #taken))
end
return taken
