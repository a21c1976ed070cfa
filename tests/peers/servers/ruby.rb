# A server as Ruby's library has it, on WEBrick: factoriz_sum and validator1.
require "xmlrpc/server"

def factoriz_sum(digits)
  rest, total, divisor = Integer(digits, 10), 0, 2
  while divisor * divisor <= rest
    while rest % divisor == 0
      rest /= divisor
      total += divisor
    end
    divisor += divisor == 2 ? 1 : 2
  end
  total += rest if rest > 1
  total.to_s
end

def stooges(members)
  members["moe"] + members["larry"] + members["curly"]
end

def many(*values, moment, bytes)
  [*values, moment, XMLRPC::Base64.new(bytes)]
end

server = XMLRPC::Server.new(0, "127.0.0.1", 4, File::NULL)
server.add_introspection
server.add_handler("factoriz_sum") { |digits| factoriz_sum(digits) }
server.add_handler("validator1.arrayOfStructsTest") do |structs|
  structs.sum { |members| members["curly"] }
end
server.add_handler("validator1.countTheEntities") do |text|
  { "ctLeftAngleBrackets" => text.count("<"), "ctRightAngleBrackets" => text.count(">"),
    "ctAmpersands" => text.count("&"), "ctApostrophes" => text.count("'"),
    "ctQuotes" => text.count('"') }
end
server.add_handler("validator1.easyStructTest") { |members| stooges(members) }
server.add_handler("validator1.echoStructTest") { |members| members }
server.add_handler("validator1.manyTypesTest") { |*values| many(*values) }
server.add_handler("validator1.moderateSizeArrayCheck") do |texts|
  raise XMLRPC::FaultException.new(1, "an empty array has no first string") if texts.empty?
  texts.first + texts.last
end
server.add_handler("validator1.nestedStructTest") { |years| stooges(years["2000"]["04"]["01"]) }
server.add_handler("validator1.simpleStructReturnTest") do |n|
  [10, 100, 1000].to_h { |by| ["times#{by}", n * by] }
end
$stderr.puts "listening on http://127.0.0.1:#{server.port}"
server.serve
