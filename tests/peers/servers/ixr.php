<?php
// A server as IXR has it, behind PHP's own web server, which says itself where it listens:
// factoriz_sum and validator1.
spl_autoload_register(
    fn ($class) => require getenv('PHP_IXR') . strtr(substr($class, strlen('IXR')), '\\', '/') . '.php',
);

use IXR\DataType\Base64;
use IXR\Message\Error;
use IXR\Server\Server;

function factoriz_sum(string $digits): string
{
    [$rest, $total, $divisor] = [(int) $digits, 0, 2];
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

function entities(string $text): array
{
    $count = fn (string $mark) => substr_count($text, $mark);
    return ['ctLeftAngleBrackets' => $count('<'), 'ctRightAngleBrackets' => $count('>'),
        'ctAmpersands' => $count('&'), 'ctApostrophes' => $count("'"), 'ctQuotes' => $count('"')];
}

function ends(array $texts): mixed
{
    return $texts ? $texts[0] . end($texts) : new Error(1, 'an empty array has no first string');
}

// A function gets bytes as text.
function many(array $values): array
{
    return [...array_slice($values, 0, 5), new Base64($values[5])];
}

new Server([
    'factoriz_sum' => 'factoriz_sum',
    'validator1.arrayOfStructsTest' => fn (array $structs) => array_sum(array_column($structs, 'curly')),
    'validator1.countTheEntities' => 'entities',
    'validator1.easyStructTest' => 'stooges',
    'validator1.echoStructTest' => fn (array $members) => $members,
    'validator1.manyTypesTest' => 'many',
    'validator1.moderateSizeArrayCheck' => 'ends',
    'validator1.nestedStructTest' => fn (array $years) => stooges($years['2000']['04']['01']),
    'validator1.simpleStructReturnTest' => fn (int $n) => ['times10' => $n * 10,
        'times100' => $n * 100, 'times1000' => $n * 1000],
]);
