-- READ: deletes answers that the client has, and returns the next ones: an entry at least, if there
-- is one, and no more than fit into the bytes.
-- KEYS res; ARGV the most entries, their bytes, id...
for at = 3, #ARGV do
  redis.call('XDEL', KEYS[1], ARGV[at])
end
local answers, bytes, from = {}, 0, '-'
while #answers < tonumber(ARGV[1]) do
  local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
  if not entry then
    break
  end
  for _, value in ipairs(entry[2]) do
    bytes = bytes + #value
  end
  if #answers > 0 and bytes > tonumber(ARGV[2]) then
    break
  end
  answers[#answers + 1] = entry
  from = '(' .. entry[1]
end
return answers
