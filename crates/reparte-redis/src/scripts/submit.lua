-- SUBMIT: adds a task, once. Returns its id; 'done' where it was added before and is not open any
-- more; or '' where the run is gone. The numbers of a run's tasks grow. In a run that is kept, a task
-- that an earlier client has submitted, with this call, is not added: returns its number in a list, and
-- moves it to the queue if it waits in its run. One with another call is removed.
-- KEYS tasks res open, and of a run that is kept: kept wait lost unfit; ARGV run n call limit, '1' if the
-- reply of an earlier call was lost, the workers that are to avoid it, one a line; and of a run that is
-- kept: the task, or an empty text, and '1' if this client has submitted it before.
if redis.call('EXISTS', KEYS[2]) == 0 then
  return ''
end
local known = redis.call('HGET', KEYS[3], ARGV[2])
if known then
  return known
end
local task, digest = ARGV[7] or '', nil
if task ~= '' then
  digest = redis.sha1hex(ARGV[3])
  local n, of = string.match(redis.call('HGET', KEYS[4], task) or '', '^(%d+) (%x+)$')
  if n and n ~= ARGV[2] and ARGV[8] ~= '1' then
    if of == digest then
      -- The run need not be detached, and then no worker would move it.
      local waiting = redis.call('XRANGE', KEYS[5], n .. '-0', n .. '-0')[1]
      if waiting then
        -- First: a full server refuses a script's first write if it takes memory, and no later one.
        redis.call('XDEL', KEYS[5], waiting[1])
        redis.call('HSET', KEYS[3], n, redis.call('XADD', KEYS[1], '*', unpack(waiting[2])))
      end
      return {n}
    end
    local id = redis.call('HGET', KEYS[3], n)
    if id then
      redis.call('XACK', KEYS[1], 'w', id)
      redis.call('XDEL', KEYS[1], id)
      redis.call('HDEL', KEYS[3], n)
      redis.call('HDEL', KEYS[6], id)
      redis.call('HDEL', KEYS[7], id)
    end
    redis.call('XDEL', KEYS[5], n .. '-0')
  end
end
local highest = tonumber(redis.call('HGET', KEYS[3], 'highest') or '0')
if ARGV[5] == '1' and tonumber(ARGV[2]) <= highest then
  return 'done'
end
local id = redis.call('XADD', KEYS[1], '*', 'run', ARGV[1], 'n', ARGV[2], 'call', ARGV[3], 'limit', ARGV[4],
  'avoid', ARGV[6] or '')
redis.call('HSET', KEYS[3], ARGV[2], id)
if tonumber(ARGV[2]) > highest then
  redis.call('HSET', KEYS[3], 'highest', ARGV[2])
end
local left = math.max(redis.call('PTTL', KEYS[2]), 1)
if redis.call('PTTL', KEYS[3]) < 0 then
  redis.call('PEXPIRE', KEYS[3], left)
end
if digest then
  redis.call('HSET', KEYS[4], task, ARGV[2] .. ' ' .. digest)
  if redis.call('PTTL', KEYS[4]) < 0 then
    redis.call('PEXPIRE', KEYS[4], left)
  end
end
return id
