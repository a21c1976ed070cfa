<?php
// Calls validator1 with IXR, and checks the answers. Takes the server's URL.
spl_autoload_register(
    fn ($class) => require getenv('PHP_IXR') . strtr(substr($class, strlen('IXR')), '\\', '/') . '.php',
);

use IXR\Client\Client;
use IXR\DataType\Base64;
use IXR\DataType\Date;

function request(string $method, mixed ...$params): Client
{
    $client = new Client($GLOBALS['argv'][1]);
    $client->query($method, ...$params);
    return $client;
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
    $client = request("validator1.$method", ...$params);
    if ($client->isError()) {
        check($method, $client->getErrorMessage(), null);
    }
    return $client->getResponse();
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

// It writes dates in XML Schema's form, with an offset.
$bytes = implode('', array_map('chr', range(0, 255)));
$date = new Date('19980717T14:08:55');
$got = call('manyTypesTest', 41, true, 'South Dakota', -12.5, $date, new Base64($bytes));
check('manyTypesTest', array_slice($got, 0, 4), [41, true, 'South Dakota', -12.5]);
check("manyTypesTest's date", $got[4]->getIso(), '1998-07-17T14:08:55+00:00');
check("manyTypesTest's bytes", bin2hex($got[5]), bin2hex($bytes));

$texts = array_map(fn ($n) => "text $n", range(0, 149));
check('moderateSizeArrayCheck', call('moderateSizeArrayCheck', $texts), 'text 0text 149');

$years = ['1999' => ['12' => ['31' => stooges(1, 1, 1)]], '2000' => ['04' => ['01' => stooges(8, -3, 20)]]];
check('nestedStructTest', call('nestedStructTest', $years), 25);

$times = call('simpleStructReturnTest', 7);
ksort($times);
check('simpleStructReturnTest', $times, ['times10' => 70, 'times100' => 700, 'times1000' => 7000]);

$fault = request('validator1.moderateSizeArrayCheck', []);
check('a fault', $fault->isError(), true);
check("the fault's code", $fault->getErrorCode(), 1);
check("the fault's text", $fault->getErrorMessage(), 'an empty array has no first string');

$methods = preg_grep('/^validator1\./', request('system.listMethods')->getResponse());
check('listMethods', count($methods), 8);
echo "ok\n";
