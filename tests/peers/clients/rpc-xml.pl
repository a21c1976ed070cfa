# Calls validator1 with Perl's RPC::XML, and checks the answers. Takes the server's URL.
use strict;
use warnings;
use utf8;
use RPC::XML;
use RPC::XML::Client;

$RPC::XML::ENCODING = 'utf-8';
my $client = RPC::XML::Client->new($ARGV[0]);

# Any value as one line, with the names of the wire's types.
sub show {
    my ($value) = @_;
    return $value->type . '[' . join(' ', map { show($_) } @$value) . ']'
        if $value->isa('RPC::XML::array');
    return $value->type . '{' . join(' ', map { "$_=" . show($value->{$_}) } sort keys %$value) . '}'
        if $value->isa('RPC::XML::struct');
    return $value->type . ':' . $value->value;
}

sub check {
    my ($what, $got, $expected) = map { ref $_ ? show($_) : $_ } @_;
    utf8::encode($_) for $got, $expected;
    $got eq $expected or die "$what: got $got, not $expected\n";
}

sub call {
    my ($method, @args) = @_;
    my $answer = $client->send_request($method, @args);
    ref $answer or die "$method: $answer\n";
    return $answer;
}

sub int4   { RPC::XML::int->new(shift) }
sub text   { RPC::XML::string->new(shift) }
sub list   { RPC::XML::array->new(@_) }
sub struct { RPC::XML::struct->new(@_) }

sub stooges {
    my ($moe, $larry, $curly) = map { int4($_) } @_;
    return struct(moe => $moe, larry => $larry, curly => $curly);
}

my $structs = list(stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9));
check('arrayOfStructsTest', call('validator1.arrayOfStructsTest', $structs), 'int:-8');

my $counts = struct(
    ctLeftAngleBrackets => int4(1), ctRightAngleBrackets => int4(2), ctAmpersands => int4(1),
    ctApostrophes => int4(2), ctQuotes => int4(2));
my $text = text("<a href='x'>&amp; \"b\" ]]>");
check('countTheEntities', call('validator1.countTheEntities', $text), $counts);

check('easyStructTest', call('validator1.easyStructTest', stooges(4, -7, 1)), 'int:-2');

my $echo = struct(
    text => text('café <&>'), n => int4(3), half => RPC::XML::double->new(0.5),
    yes => RPC::XML::boolean->new(1), list => list(int4(1), text('two'), list(int4(3))),
    deep => struct(er => struct(est => text('x'))));
check('echoStructTest', call('validator1.echoStructTest', $echo), $echo);

my @many = (
    int4(41), RPC::XML::boolean->new(1), text('South Dakota'), RPC::XML::double->new(-12.5),
    RPC::XML::datetime_iso8601->new('19980717T14:08:55'),
    RPC::XML::base64->new(join '', map { chr } 0 .. 255));
check('manyTypesTest', call('validator1.manyTypesTest', @many), list(@many));

my $texts = list(map { text("text $_") } 0 .. 149);
check('moderateSizeArrayCheck', call('validator1.moderateSizeArrayCheck', $texts),
    'string:text 0text 149');

my $years = struct(
    1999 => struct(12 => struct(31 => stooges(1, 1, 1))),
    2000 => struct('04' => struct('01' => stooges(8, -3, 20))));
check('nestedStructTest', call('validator1.nestedStructTest', $years), 'int:25');

check('simpleStructReturnTest', call('validator1.simpleStructReturnTest', int4(7)),
    struct(times10 => int4(70), times100 => int4(700), times1000 => int4(7000)));

my $fault = call('validator1.moderateSizeArrayCheck', list());
$fault->is_fault or die "no fault\n";
check('the fault', $fault->code . ' ' . $fault->string, '1 an empty array has no first string');

my @methods = grep { /^validator1\./ } @{ call('system.listMethods')->value };
check('listMethods', scalar @methods, 8);
print "ok\n";
