-- TAKE: takes tasks that were given back, and orphans, whose lease has ended. Returns for each its
-- id, its fields and the workers that were lost with it, one a line. A task that the worker is unfit
-- for is left to others for a time. One that it is to avoid, or that its machine was lost with, is left
-- to others while there is another worker of which that is not so, which has slots and is not unfit for
-- the task.
-- The look for orphans goes through all leases: one worker a second may take it.
-- KEYS tasks lost sweep unfit workers; ARGV worker, lease, how many, '1' to take orphans, milliseconds before
-- a worker gets a task again that it is unfit for.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {}
end
local taken = {}
local count = tonumber(ARGV[3])
-- The idle time of a task that is given back.
local given_back = 86400000
-- The machine of a worker: its name without what differs for each start.
local function machine(worker)
  return string.match(worker, '^(.*)%-[^-]*$') or worker
end
-- The lines of those that are unfit for a task, each with a line end before it.
local function unfit_workers(id)
  return '\n' .. (redis.call('HGET', KEYS[4], id) or '')
end
local function is_unfit(unfit, worker)
  return string.find(unfit, '\n' .. worker .. '\t', 1, true) ~= nil
end
local function is_avoided(id, owner)
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if not entry then
    return false
  end
  local avoid, lost = '', {}
  for at = 1, #entry[2], 2 do
    if entry[2][at] == 'avoid' then
      avoid = '\n' .. entry[2][at + 1] .. '\n'
    end
  end
  for name in string.gmatch(redis.call('HGET', KEYS[2], id) or '', '[^\n]+') do
    lost[machine(name)] = true
  end
  if owner ~= '-' then
    lost[machine(owner)] = true
  end
  local function avoids(worker)
    return lost[machine(worker)] or string.find(avoid, '\n' .. worker .. '\n', 1, true)
  end
  if not avoids(ARGV[1]) then
    return false
  end
  local unfit = unfit_workers(id)
  local workers = redis.call('HGETALL', KEYS[5])
  for at = 1, #workers, 2 do
    local worker, has_slots = workers[at], string.sub(workers[at + 1], 1, 2) ~= '0 '
    if has_slots and not avoids(worker) and not is_unfit(unfit, worker) then
      return true
    end
  end
  return false
end
local function is_left(id, owner, idle)
  if is_avoided(id, owner) then
    return true
  end
  if owner ~= '-' or idle >= given_back + tonumber(ARGV[5]) then
    return false
  end
  return is_unfit(unfit_workers(id), ARGV[1])
end
local function take(pending)
  for _, entry in ipairs(pending) do
    if #taken >= count then
      return
    end
    local id, owner, idle = entry[1], entry[2], entry[3]
    if not is_left(id, owner, idle) then
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
        redis.call('HDEL', KEYS[4], id)
      end
    end
  end
end
-- Takes from all pending tasks of an owner, or from all that are idle for so long, a page at a time:
-- those that are left may be many. The windows of the runs bound them.
local page = 256
local function take_all(idle, owner)
  local command = {'XPENDING', KEYS[1], 'w'}
  if idle then
    command[4], command[5] = 'IDLE', idle
  end
  local start = #command + 1
  command[start], command[start + 1], command[start + 2], command[start + 3] = '-', '+', page, owner
  repeat
    local pending = redis.call(unpack(command))
    take(pending)
    if #pending > 0 then
      command[start] = '(' .. pending[#pending][1]
    end
  until #pending < page or #taken >= count
end
take_all(nil, '-')
if ARGV[4] == '1' and #taken < count
  -- A full server refuses the key: all look then.
  and redis.pcall('SET', KEYS[3], ARGV[1], 'NX', 'PX', 1000) then
  local given_back = #taken
  take_all(ARGV[2], nil)
  if #taken > given_back then
    -- There may be more: another worker may look at once.
    redis.call('DEL', KEYS[3])
  end
end
return taken
