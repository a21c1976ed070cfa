<?php
// Writes each value as PHP's extension does.
$base64 = implode('', array_map('chr', range(0, 255)));
$date = '19980717T14:08:55';
xmlrpc_set_type($base64, 'base64');
xmlrpc_set_type($date, 'datetime');
$values = [
    'zero' => 0,
    'int' => 42,
    'int-min' => -2147483648,
    'int-max' => 2147483647,
    'true' => true,
    'false' => false,
    'text' => 'hello',
    'text-empty' => '',
    'text-blanks' => '  ',
    'text-lines' => "a\nb\n",
    'text-cr' => "a\rb",
    'text-markup' => "<a href='x'>&amp; \"b\" ]]>",
    'text-latin' => 'café',
    'text-astral' => "\u{1F600}",
    'text-digits' => '23434252232434',
    'double' => -12.5,
    'double-small' => 0.0000001,
    'double-large' => 1e20,
    'date' => $date,
    'base64' => $base64,
    'array' => [1, 'two', 3.5],
    'array-empty' => [],
    'array-nested' => [[[]], [1, [2]]],
    'struct' => ['host' => 'localhost', 'port' => 9000],
    'struct-nested' => ['a' => ['b' => [['c' => true]]]],
    'nil' => null,
];
$options = ['encoding' => 'utf-8', 'escaping' => 'markup'];
foreach ($values as $name => $value) {
    file_put_contents("$argv[1]/$name.xml", xmlrpc_encode_request('m', [$value], $options));
}
// What it writes when nothing is said: ISO-8859-1, and references for all but ASCII.
file_put_contents("$argv[1]/text-latin-default.xml", xmlrpc_encode_request('m', ["caf\xE9"]));
$fault = ['faultCode' => 4, 'faultString' => 'Too many <parameters>.'];
file_put_contents("$argv[1]/fault.xml", xmlrpc_encode_request(null, $fault, $options));
