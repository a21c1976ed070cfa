# Calls validator1 with Ruby's library, and checks the answers. Takes the server's URL.
require "xmlrpc/client"

CLIENT = XMLRPC::Client.new2(ARGV[0])

def check(what, got, expected)
  abort "#{what}: got #{got.inspect}, not #{expected.inspect}" unless got.eql?(expected)
end

def call(method, *args)
  CLIENT.call("validator1.#{method}", *args)
end

def stooges(moe, larry, curly)
  { "moe" => moe, "larry" => larry, "curly" => curly }
end

structs = [stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9)]
check("arrayOfStructsTest", call("arrayOfStructsTest", structs), -8)

counts = {
  "ctLeftAngleBrackets" => 1, "ctRightAngleBrackets" => 2, "ctAmpersands" => 1,
  "ctApostrophes" => 2, "ctQuotes" => 2
}
text = "<a href='x'>&amp; \"b\" ]]>"
check("countTheEntities", call("countTheEntities", text).sort, counts.sort)

check("easyStructTest", call("easyStructTest", stooges(4, -7, 1)), -2)

echo = {
  "text" => "café <&>", "n" => 3, "half" => 0.5, "yes" => true,
  "list" => [1, "two", [3]], "deep" => { "er" => { "est" => "x" } }
}
check("echoStructTest", call("echoStructTest", echo), echo)

bytes = (0..255).map(&:chr).join.b
plain = [41, true, "South Dakota", -12.5]
moment = XMLRPC::DateTime.new(1998, 7, 17, 14, 8, 55)
many = call("manyTypesTest", *plain, moment, XMLRPC::Base64.new(bytes))
check("manyTypesTest", many[0, 4], plain)
check("manyTypesTest's date", many[4].to_a, moment.to_a)
check("manyTypesTest's bytes", many[5].b, bytes)

texts = (0..149).map { |n| "text #{n}" }
check("moderateSizeArrayCheck", call("moderateSizeArrayCheck", texts), "text 0text 149")

years = {
  "1999" => { "12" => { "31" => stooges(1, 1, 1) } },
  "2000" => { "04" => { "01" => stooges(8, -3, 20) } }
}
check("nestedStructTest", call("nestedStructTest", years), 25)

check("simpleStructReturnTest", call("simpleStructReturnTest", 7),
      { "times10" => 70, "times100" => 700, "times1000" => 7000 })

begin
  call("moderateSizeArrayCheck", [])
  abort "no fault"
rescue XMLRPC::FaultException => fault
  check("the fault", [fault.faultCode, fault.faultString],
        [1, "an empty array has no first string"])
end

methods = CLIENT.call("system.listMethods").grep(/^validator1\./)
check("listMethods", methods.size, 8)
puts "ok"
