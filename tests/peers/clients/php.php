<?php
// Calls validator1 with PHP's extension, and checks the answers. Takes the server's URL.
function request(string $method, array $params): mixed
{
    $options = ['encoding' => 'utf-8', 'escaping' => 'markup'];
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => 'Content-Type: text/xml',
        'content' => xmlrpc_encode_request($method, $params, $options),
    ]]);
    return xmlrpc_decode(file_get_contents($GLOBALS['argv'][1], false, $context), 'utf-8');
}

function check(string $what, mixed $got, mixed $expected): void
{
    if ($got !== $expected) {
        fwrite(STDERR, "$what: got " . json_encode($got) . ', not ' . json_encode($expected) . "\n");
        exit(1);
    }
}

function call(string $method, mixed ...$params): mixed
{
    return request("validator1.$method", $params);
}

function stooges(int $moe, int $larry, int $curly): array
{
    return ['moe' => $moe, 'larry' => $larry, 'curly' => $curly];
}

$structs = [stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9)];
check('arrayOfStructsTest', call('arrayOfStructsTest', $structs), -8);

$counts = ['ctAmpersands' => 1, 'ctApostrophes' => 2, 'ctLeftAngleBrackets' => 1,
    'ctQuotes' => 2, 'ctRightAngleBrackets' => 2];
$got = call('countTheEntities', "<a href='x'>&amp; \"b\" ]]>");
ksort($got);
check('countTheEntities', $got, $counts);

check('easyStructTest', call('easyStructTest', stooges(4, -7, 1)), -2);

$echo = ['text' => 'café <&>', 'n' => 3, 'half' => 0.5, 'yes' => true,
    'list' => [1, 'two', [3]], 'deep' => ['er' => ['est' => 'x']]];
check('echoStructTest', call('echoStructTest', $echo), $echo);

$date = '19980717T14:08:55';
$bytes = implode('', array_map('chr', range(0, 255)));
xmlrpc_set_type($date, 'datetime');
xmlrpc_set_type($bytes, 'base64');
$got = call('manyTypesTest', 41, true, 'South Dakota', -12.5, $date, $bytes);
check('manyTypesTest', array_slice($got, 0, 4), [41, true, 'South Dakota', -12.5]);
check("manyTypesTest's date", [$got[4]->xmlrpc_type, $got[4]->scalar], ['datetime', '19980717T14:08:55']);
check("manyTypesTest's bytes", [$got[5]->xmlrpc_type, bin2hex($got[5]->scalar)], ['base64', bin2hex($bytes->scalar)]);

$texts = array_map(fn ($n) => "text $n", range(0, 149));
check('moderateSizeArrayCheck', call('moderateSizeArrayCheck', $texts), 'text 0text 149');

// Where every name is a number, the extension writes an array, and the names are lost.
$years = [
    'calendar' => 'Gregorian',
    '1999' => ['12' => ['31' => stooges(1, 1, 1)]],
    '2000' => ['04' => ['01' => stooges(8, -3, 20)]],
];
check('nestedStructTest', call('nestedStructTest', $years), 25);

$times = call('simpleStructReturnTest', 7);
ksort($times);
check('simpleStructReturnTest', $times, ['times10' => 70, 'times100' => 700, 'times1000' => 7000]);

$fault = call('moderateSizeArrayCheck', []);
check('a fault', is_array($fault) && xmlrpc_is_fault($fault), true);
check("the fault's code", $fault['faultCode'], 1);
check("the fault's text", $fault['faultString'], 'an empty array has no first string');

$methods = preg_grep('/^validator1\./', request('system.listMethods', []));
check('listMethods', count($methods), 8);
echo "ok\n";
