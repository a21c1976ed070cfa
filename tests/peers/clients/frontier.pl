# Calls validator1 with Perl's Frontier, and checks the answers. Takes the server's URL.
use strict;
use warnings;
use utf8;
use Frontier::Client;
use MIME::Base64;

my $client = Frontier::Client->new(url => $ARGV[0], encoding => 'UTF-8');

# Any value as one line.
sub show {
    my ($value) = @_;
    my $kind = ref $value;
    return '[' . join(' ', map { show($_) } @$value) . ']' if $kind eq 'ARRAY';
    return '{' . join(' ', map { "$_=" . show($value->{$_}) } sort keys %$value) . '}'
        if $kind eq 'HASH';
    return $kind ? "$kind:" . join('', split ' ', $value->value) : $value;
}

sub check {
    my ($what, $got, $expected) = map { show($_) } @_;
    utf8::encode($_) for $got, $expected;
    $got eq $expected or die "$what: got $got, not $expected\n";
}

sub call { $client->call('validator1.' . shift, @_) }

sub stooges {
    my ($moe, $larry, $curly) = @_;
    return { moe => $moe, larry => $larry, curly => $curly };
}

my $structs = [stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9)];
check('arrayOfStructsTest', call('arrayOfStructsTest', $structs), -8);

my $counts = {
    ctLeftAngleBrackets => 1, ctRightAngleBrackets => 2, ctAmpersands => 1,
    ctApostrophes => 2, ctQuotes => 2 };
check('countTheEntities', call('countTheEntities', "<a href='x'>&amp; \"b\" ]]>"), $counts);

check('easyStructTest', call('easyStructTest', stooges(4, -7, 1)), -2);

my $echo = {
    text => 'café <&>', n => 3, half => 0.5, yes => $client->boolean(1),
    list => [1, 'two', [3]], deep => { er => { est => 'x' } } };
check('echoStructTest', call('echoStructTest', $echo), $echo);

my $bytes = encode_base64(join '', map { chr } 0 .. 255);
my @many = (
    41, $client->boolean(1), 'South Dakota', -12.5, $client->date_time('19980717T14:08:55'),
    $client->base64($bytes));
check('manyTypesTest', call('manyTypesTest', @many), \@many);

my @texts = map { "text $_" } 0 .. 149;
check('moderateSizeArrayCheck', call('moderateSizeArrayCheck', \@texts), 'text 0text 149');

my $years = {
    1999 => { 12 => { 31 => stooges(1, 1, 1) } },
    2000 => { '04' => { '01' => stooges(8, -3, 20) } } };
check('nestedStructTest', call('nestedStructTest', $years), 25);

check('simpleStructReturnTest', call('simpleStructReturnTest', 7),
    { times10 => 70, times100 => 700, times1000 => 7000 });

eval { call('moderateSizeArrayCheck', []); die "no fault\n" };
$@ =~ /fault code 1: an empty array has no first string/i or die "the fault: $@";

my @methods = grep { /^validator1\./ } @{ $client->call('system.listMethods') };
check('listMethods', scalar @methods, 8);
print "ok\n";
