# Writes each value as Ruby's library does.
require "xmlrpc/client"

XMLRPC::Config.send(:remove_const, :ENABLE_NIL_CREATE)
XMLRPC::Config::ENABLE_NIL_CREATE = true

VALUES = {
  "zero" => 0,
  "int" => 42,
  "int-min" => -2147483648,
  "int-max" => 2147483647,
  "i8" => 9000000000,
  "true" => true,
  "false" => false,
  "text" => "hello",
  "text-empty" => "",
  "text-blanks" => "  ",
  "text-lines" => "a\nb\n",
  "text-cr" => "a\rb",
  "text-markup" => "<a href='x'>&amp; \"b\" ]]>",
  "text-latin" => "caf\u00e9",
  "text-astral" => "\u{1F600}",
  "text-digits" => "23434252232434",
  "double" => -12.5,
  "double-small" => 0.0000001,
  "double-large" => 1e20,
  "date" => XMLRPC::DateTime.new(1998, 7, 17, 14, 8, 55),
  "base64" => XMLRPC::Base64.new((0..255).map(&:chr).join.b),
  "base64-empty" => XMLRPC::Base64.new(""),
  "array" => [1, "two", 3.5],
  "array-empty" => [],
  "array-nested" => [[[]], [1, [2]]],
  "struct" => { "host" => "localhost", "port" => 9000 },
  "struct-empty" => {},
  "struct-nested" => { "a" => { "b" => [{ "c" => true }] } },
  "struct-names" => { "" => 1, "a b<&>" => 2 },
  "nil" => nil,
}

create = XMLRPC::Create.new
VALUES.each do |name, value|
  begin
    File.binwrite("#{ARGV[0]}/#{name}.xml", create.methodCall("m", value))
  rescue RuntimeError => error
    warn "ruby has no #{name}: #{error.message}"
  end
end
fault = XMLRPC::FaultException.new(4, "Too many <parameters>.")
File.binwrite("#{ARGV[0]}/fault.xml", create.methodResponse(false, fault))
