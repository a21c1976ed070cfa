-- INDEX: lists the answers of a run without their content, a page at a time: it ends with the answer that
-- fills 16 MiB. Returns the id up to which it has looked, or an empty text at the end, and then an id and a
-- number for each answer. Deletes the results that are no answer.
-- KEYS res; ARGV id after which it begins, or an empty text, and the most entries of a page.
local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local found, looked, bytes = {''}, 0, 0
while looked < tonumber(ARGV[2]) and bytes < 16777216 do
  local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
  if not entry then
    found[1] = ''
    return found
  end
  if entry[2][4] == 'begun' then
    redis.call('XDEL', KEYS[1], entry[1])
  else
    found[#found + 1] = entry[1]
    found[#found + 1] = entry[2][2]
  end
  found[1], from = entry[1], '(' .. entry[1]
  looked, bytes = looked + 1, bytes + #(entry[2][6] or '')
end
return found
