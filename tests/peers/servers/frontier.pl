# A server as Perl's Frontier has it: factoriz_sum and validator1.
use strict;
use warnings;
use Frontier::Daemon;
use IO::Socket::INET;

# What comes in is objects, each of the wire's type; numbers that go out are made so.
sub int4 { Frontier::RPC2::Integer->new(shift) }
sub text { Frontier::RPC2::String->new(shift) }

sub factoriz_sum {
    my $rest = $_[0]->value;
    my ($total, $divisor) = (0, 2);
    while ($divisor * $divisor <= $rest) {
        while ($rest % $divisor == 0) {
            $rest /= $divisor;
            $total += $divisor;
        }
        $divisor += $divisor == 2 ? 1 : 2;
    }
    $total += $rest if $rest > 1;
    return text($total);
}

sub entities {
    my $text = $_[0]->value;
    my %marks = (
        ctLeftAngleBrackets => '<', ctRightAngleBrackets => '>', ctAmpersands => '&',
        ctApostrophes => q{'}, ctQuotes => '"');
    return { map { $_ => int4(scalar(() = $text =~ /\Q$marks{$_}/g)) } keys %marks };
}

sub stooges {
    my ($members) = @_;
    return int4($members->{moe}->value + $members->{larry}->value + $members->{curly}->value);
}

sub curlies {
    my ($structs) = @_;
    my $sum = 0;
    $sum += $_->{curly}->value for @$structs;
    return int4($sum);
}

# A fault's code is what it makes of any error: 4.
sub ends {
    my ($texts) = @_;
    @$texts or die "an empty array has no first string\n";
    return text($texts->[0]->value . $texts->[-1]->value);
}

sub times {
    my $n = $_[0]->value;
    return { map { ("times$_" => int4($n * $_)) } 10, 100, 1000 };
}

# Its constructor serves and never returns, so what is to be done before is done when it
# first accepts: tell of the port, and declare the encoding that it writes, a byte for each
# character.
package Announced;
use parent -norequire, 'Frontier::Daemon';

sub accept {
    my ($self, @rest) = @_;
    if (!${*$self}{told}++) {
        ${*$self}{decode} =
            Frontier::RPC2->new(encoding => 'ISO-8859-1', use_objects => 1);
        printf STDERR "listening on http://127.0.0.1:%d\n", $self->sockport;
    }
    return $self->SUPER::accept(@rest);
}

package main;

Announced->new(
    LocalAddr => '127.0.0.1',
    methods   => {
        'factoriz_sum'                      => \&factoriz_sum,
        'validator1.arrayOfStructsTest'     => \&curlies,
        'validator1.countTheEntities'       => \&entities,
        'validator1.easyStructTest'         => \&stooges,
        'validator1.echoStructTest'         => sub { $_[0] },
        'validator1.manyTypesTest'          => sub { [@_] },
        'validator1.moderateSizeArrayCheck' => \&ends,
        'validator1.nestedStructTest'       => sub { stooges($_[0]{2000}{'04'}{'01'}) },
        'validator1.simpleStructReturnTest' => \&times,
    }) or die "no socket: $!\n";
