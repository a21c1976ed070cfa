# A server as Perl's RPC::XML has it: factoriz_sum and validator1, with their signatures.
use strict;
use warnings;
use RPC::XML;
use RPC::XML::Server;

$RPC::XML::ENCODING = 'utf-8';

sub factoriz_sum {
    my ($rest) = @_;
    my ($total, $divisor) = (0, 2);
    while ($divisor * $divisor <= $rest) {
        while ($rest % $divisor == 0) {
            $rest /= $divisor;
            $total += $divisor;
        }
        $divisor += $divisor == 2 ? 1 : 2;
    }
    $total += $rest if $rest > 1;
    return RPC::XML::string->new($total);
}

sub entities {
    my ($text) = @_;
    my %marks = (
        ctLeftAngleBrackets => '<', ctRightAngleBrackets => '>', ctAmpersands => '&',
        ctApostrophes => q{'}, ctQuotes => '"');
    return { map { $_ => scalar(() = $text =~ /\Q$marks{$_}/g) } keys %marks };
}

sub stooges {
    my ($members) = @_;
    return $members->{moe} + $members->{larry} + $members->{curly};
}

sub curlies {
    my ($structs) = @_;
    my $sum = 0;
    $sum += $_->{curly} for @$structs;
    return $sum;
}

sub ends {
    my ($texts) = @_;
    @$texts or return RPC::XML::fault->new(1, 'an empty array has no first string');
    return RPC::XML::string->new($texts->[0] . $texts->[-1]);
}

# A function gets plain Perl, and the types of what it gives are guessed again: a boolean
# would become an int, a date and bytes a string.
sub many {
    my ($int, $boolean, $string, $double, $date, $bytes) = @_;
    return [
        $int, RPC::XML::boolean->new($boolean), $string, $double,
        RPC::XML::datetime_iso8601->new($date), RPC::XML::base64->new($bytes)];
}

sub echo {
    my ($members) = @_;
    return { %$members, yes => RPC::XML::boolean->new($members->{yes}) };
}

my $server = RPC::XML::Server->new(host => '127.0.0.1');
ref $server or die "$server\n";
sub publish {
    my ($name, $signature, $code) = @_;
    my $added = $server->add_procedure({ name => $name, signature => [$signature], code => $code });
    ref $added or die "$name: $added\n";
}
publish('factoriz_sum', 'string string', \&factoriz_sum);
publish('validator1.arrayOfStructsTest', 'int array', \&curlies);
publish('validator1.countTheEntities', 'struct string', \&entities);
publish('validator1.easyStructTest', 'int struct', \&stooges);
publish('validator1.echoStructTest', 'struct struct', \&echo);
publish('validator1.manyTypesTest',
    'array int boolean string double dateTime.iso8601 base64', \&many);
publish('validator1.moderateSizeArrayCheck', 'string array', \&ends);
publish('validator1.nestedStructTest', 'int struct', sub { stooges($_[0]{2000}{'04'}{'01'}) });
publish('validator1.simpleStructReturnTest', 'struct int',
    sub { my ($n) = @_; return { map { ("times$_" => $n * $_) } 10, 100, 1000 } });

printf STDERR "listening on http://127.0.0.1:%d\n", $server->port;
$server->server_loop;
