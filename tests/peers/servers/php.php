<?php
// A server as PHP's extension has it, behind PHP's own web server, which says itself where
// it listens: factoriz_sum and validator1.
function factoriz_sum(string $method, array $params): string
{
    [$rest, $total, $divisor] = [(int) $params[0], 0, 2];
    while ($divisor * $divisor <= $rest) {
        while ($rest % $divisor === 0) {
            $rest = intdiv($rest, $divisor);
            $total += $divisor;
        }
        $divisor += $divisor === 2 ? 1 : 2;
    }
    return (string) ($rest > 1 ? $total + $rest : $total);
}

function stooges(array $members): int
{
    return $members['moe'] + $members['larry'] + $members['curly'];
}

function entities(string $method, array $params): array
{
    $count = fn (string $mark) => substr_count($params[0], $mark);
    return ['ctLeftAngleBrackets' => $count('<'), 'ctRightAngleBrackets' => $count('>'),
        'ctAmpersands' => $count('&'), 'ctApostrophes' => $count("'"), 'ctQuotes' => $count('"')];
}

function ends(string $method, array $params): array|string
{
    if ($params[0] === []) {
        return ['faultCode' => 1, 'faultString' => 'an empty array has no first string'];
    }
    return $params[0][0] . end($params[0]);
}

function times(string $method, array $params): array
{
    [$n] = $params;
    return ['times10' => $n * 10, 'times100' => $n * 100, 'times1000' => $n * 1000];
}

$server = xmlrpc_server_create();
$methods = [
    'factoriz_sum' => 'factoriz_sum',
    'validator1.arrayOfStructsTest' => fn ($_, $params) => array_sum(array_column($params[0], 'curly')),
    'validator1.countTheEntities' => 'entities',
    'validator1.easyStructTest' => fn ($_, $params) => stooges($params[0]),
    'validator1.echoStructTest' => fn ($_, $params) => $params[0],
    'validator1.manyTypesTest' => fn ($_, $params) => $params,
    'validator1.moderateSizeArrayCheck' => 'ends',
    'validator1.nestedStructTest' => fn ($_, $params) => stooges($params[0]['2000']['04']['01']),
    'validator1.simpleStructReturnTest' => 'times',
];
foreach ($methods as $name => $function) {
    xmlrpc_server_register_method($server, $name, $function);
}
header('Content-Type: text/xml');
$options = ['encoding' => 'utf-8', 'escaping' => 'markup'];
echo xmlrpc_server_call_method($server, file_get_contents('php://input'), null, $options);
