-- INDEX: lists the answers of a run without their content, a page at a time. Returns the id up to which
-- it has looked, or an empty text at the end, and then an id and a number for each answer. Deletes the
-- results that are no answer.
-- KEYS res; ARGV id after which it begins, or an empty text, and the most entries of a page.
local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[2])
local last = ''
if #entries == tonumber(ARGV[2]) then
  last = entries[#entries][1]
end
local found = {last}
for _, entry in ipairs(entries) do
  if entry[2][4] == 'begun' then
    redis.call('XDEL', KEYS[1], entry[1])
  else
    found[#found + 1] = entry[1]
    found[#found + 1] = entry[2][2]
  end
end
return found
