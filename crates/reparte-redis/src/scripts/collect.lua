-- COLLECT: is READ for a run that is kept. Deletes answers that the client has, and forgets their tasks;
-- returns the next ones after an id: one at least, if there is one, and no more than fit into the bytes.
-- KEYS res kept; ARGV the most entries, their bytes, the id or an empty text, and for each answer that
-- the client has its id, or an empty text if there is none, its task, or an empty text, and its number.
for at = 4, #ARGV, 3 do
  if ARGV[at] ~= '' then
    redis.call('XDEL', KEYS[1], ARGV[at])
  end
  if ARGV[at + 1] ~= '' then
    local known = redis.call('HGET', KEYS[2], ARGV[at + 1])
    -- A later call of the task may have another number.
    if known and string.match(known, '^%d+') == ARGV[at + 2] then
      redis.call('HDEL', KEYS[2], ARGV[at + 1])
    end
  end
end
local answers, bytes = {}, 0
local from = ARGV[3] == '' and '-' or '(' .. ARGV[3]
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
