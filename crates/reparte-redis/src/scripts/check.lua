-- CHECK: keeps a run alive. Returns 'gone', or 'alive' and those of the numbers that are not open.
-- KEYS tasks res open, and of a run that is kept: kept wait; ARGV milliseconds until the run expires, which
-- may be later already, run, '1' to look at each entry, n...
if redis.call('EXISTS', KEYS[2]) == 0 then
  return {'gone'}
end
for at = 2, #KEYS do
  if redis.call('PTTL', KEYS[at]) < tonumber(ARGV[1]) then
    redis.call('PEXPIRE', KEYS[at], ARGV[1])
  end
end
local found = {'alive'}
for at = 4, #ARGV do
  local id = redis.call('HGET', KEYS[3], ARGV[at])
  if id and ARGV[3] == '1' then
    -- An entry can go without its number only by another hand, such as a trimmed stream.
    local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
    if not entry or entry[2][2] ~= ARGV[2] or entry[2][4] ~= ARGV[at] then
      redis.call('HDEL', KEYS[3], ARGV[at])
      id = false
    end
  end
  if not id then
    found[#found + 1] = ARGV[at]
  end
end
return found
