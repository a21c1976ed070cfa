-- TAKE: takes tasks that were given back, and orphans, whose lease has ended. Returns for each its
-- id, its fields and the workers that were lost with it, one a line. A task that the worker is unfit
-- for is left to others for a time. One that it is to avoid, or that its machine was lost with, is left
-- to others while there is another worker of which that is not so, which has slots and is not unfit for
-- the task.
-- A task that was lost with two workers is a suspect: it is taken alone, by a worker that has no other
-- task. A worker that has others may be chosen to end them first: the reply is one element then, with
-- the id 'alone'. One that leaves out the last key, as one with a single slot may, is never chosen.
-- The look for orphans goes through all leases: one worker a second may take it.
-- KEYS tasks lost sweep unfit workers alone; ARGV worker, lease, how many, '1' to take orphans,
-- milliseconds before a worker gets a task again that it is unfit for.
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
-- The workers that were lost with a task, before it is a suspect, and before it is given up.
local suspect_after, given_up_after = 2, 3
local function count_of(names)
  local _, number = string.gsub(names, '[^\n]+', '')
  return number
end
-- The names of the workers that were lost with a task, its owner included if that is another worker.
local function lost_names(id, owner)
  local names = redis.call('HGET', KEYS[2], id) or ''
  if owner == '-' or owner == ARGV[1]
    or string.find('\n' .. names .. '\n', '\n' .. owner .. '\n', 1, true) then
    return names
  end
  return names == '' and owner or names .. '\n' .. owner
end
-- After the claim: a full server refuses a script's first write if it takes memory, and no later one.
local function note_lost(id, names)
  if names ~= '' then
    redis.call('HSET', KEYS[2], id, names)
  end
end
local function claim(id, names)
  local claimed = redis.call('XCLAIM', KEYS[1], 'w', ARGV[1], 0, id)[1]
  if claimed then
    note_lost(id, names)
    taken[#taken + 1] = {id, claimed[2], names}
  else
    -- Its entry was deleted by another hand.
    redis.call('XACK', KEYS[1], 'w', id)
    redis.call('HDEL', KEYS[2], id)
    redis.call('HDEL', KEYS[4], id)
  end
end
-- Takes a suspect, if the worker has no task. Returns true if it took one, or is chosen to end its tasks
-- for one: it takes no others then.
local function take_suspect()
  local is_wanted = false
  local lost = redis.call('HGETALL', KEYS[2])
  for at = 1, #lost, 2 do
    local id, names = lost[at], lost[at + 1]
    local is_suspect = count_of(names) == suspect_after
    local entry = is_suspect and redis.call('XPENDING', KEYS[1], 'w', id, id, 1)[1]
    if entry and entry[2] == '-' and not is_left(id, '-', entry[3]) then
      if #redis.call('XPENDING', KEYS[1], 'w', '-', '+', 1, ARGV[1]) == 0 then
        claim(id, names)
      else
        is_wanted = true
      end
    end
    if is_wanted or #taken > 0 then
      break
    end
  end
  if not KEYS[6] then
    return #taken > 0
  end
  -- One that lasts longer is of a time before the server's clock was set back.
  local chosen = redis.call('PTTL', KEYS[6]) <= 5000 and redis.call('GET', KEYS[6])
  if is_wanted and (not chosen or chosen == ARGV[1]) then
    -- A worker that is chosen calls again each second. A full server chooses none.
    local set = redis.pcall('SET', KEYS[6], ARGV[1], 'PX', 5000)
    if not set.err then
      taken[1] = {'alone', {}, ''}
    end
  elseif chosen == ARGV[1] then
    redis.call('DEL', KEYS[6])
  end
  return #taken > 0
end
-- The suspects that a look for orphans has found.
local suspects = 0
local function take(pending)
  for _, entry in ipairs(pending) do
    if #taken >= count then
      return
    end
    local id, owner, idle = entry[1], entry[2], entry[3]
    local names = lost_names(id, owner)
    local deaths = count_of(names)
    if deaths == suspect_after then
      if owner ~= '-' and owner ~= ARGV[1] then
        redis.call('XCLAIM', KEYS[1], 'w', '-', 0, id, 'IDLE', given_back, 'JUSTID')
        note_lost(id, names)
        suspects = suspects + 1
      end
    elseif deaths >= given_up_after or not is_left(id, owner, idle) then
      claim(id, names)
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
if take_suspect() then
  return taken
end
take_all(nil, '-')
if redis.call('PTTL', KEYS[3]) > 1000 then
  -- Of a time before the server's clock was set back: nobody would look until that comes again.
  redis.call('DEL', KEYS[3])
end
if ARGV[4] == '1' and #taken < count
  -- A full server refuses the key: all look then.
  and redis.pcall('SET', KEYS[3], ARGV[1], 'NX', 'PX', 1000) then
  local before = #taken
  take_all(ARGV[2], nil)
  if #taken + suspects > before then
    -- There may be more: another worker may look at once.
    redis.call('DEL', KEYS[3])
  end
  if suspects > 0 and #taken == 0 then
    take_suspect()
  end
end
return taken
