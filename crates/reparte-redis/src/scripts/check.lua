-- CHECK: keeps a run alive. Returns 'gone', or 'alive' and those of the numbers that are not open.
-- KEYS tasks res open; ARGV milliseconds until the run expires, run, '1' to look at each entry, n...
if redis.call('EXISTS', KEYS[2]) == 0 then
  return {'gone'}
end
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[1])
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
