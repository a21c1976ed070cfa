-- COLLECT: is READ for a run that is kept. Deletes answers that the client has, and forgets their tasks;
-- returns the next ones after an id: one at least, if there is one, and no more than fit into the bytes.
-- KEYS res kept detached; ARGV run, the most entries, their bytes, the id or an empty text, and for each
-- answer that the client has its id, or an empty text if there is none, its task, or an empty text, and
-- its number.
local detached = redis.call('HGET', KEYS[3], ARGV[1]) or ''
local bytes_of_tasks, limit, answered = string.match(detached, '^(%d+) (%d+) (%d+)$')
local freed = 0
for at = 5, #ARGV, 3 do
  if ARGV[at] ~= '' then
    local answer = answered and redis.call('XRANGE', KEYS[1], ARGV[at], ARGV[at])[1]
    freed = freed + (answer and #(answer[2][6] or '') or 0)
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
if freed > 0 then
  answered = math.max(tonumber(answered) - freed, 0)
  redis.call('HSET', KEYS[3], ARGV[1], string.format('%s %s %.0f', bytes_of_tasks, limit, answered))
end
local answers, bytes = {}, 0
local from = ARGV[4] == '' and '-' or '(' .. ARGV[4]
while #answers < tonumber(ARGV[2]) do
  local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
  if not entry then
    break
  end
  for _, value in ipairs(entry[2]) do
    bytes = bytes + #value
  end
  if #answers > 0 and bytes > tonumber(ARGV[3]) then
    break
  end
  answers[#answers + 1] = entry
  from = '(' .. entry[1]
end
return answers
