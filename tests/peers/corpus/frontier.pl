# Writes each value as Perl's Frontier::RPC2 does, which knows no nil and no 64 bits.
use strict;
use warnings;
use utf8;
use Frontier::RPC2;
use MIME::Base64;

my $rpc = Frontier::RPC2->new(encoding => 'UTF-8');

my %values = (
    'zero'          => $rpc->int(0),
    'int'           => $rpc->int(42),
    'int-min'       => $rpc->int(-2147483648),
    'int-max'       => $rpc->int(2147483647),
    'true'          => $rpc->boolean(1),
    'false'         => $rpc->boolean(0),
    'text'          => $rpc->string('hello'),
    'text-empty'    => $rpc->string(''),
    'text-blanks'   => $rpc->string('  '),
    'text-lines'    => $rpc->string("a\nb\n"),
    'text-cr'       => $rpc->string("a\rb"),
    'text-markup'   => $rpc->string("<a href='x'>&amp; \"b\" ]]>"),
    'text-latin'    => $rpc->string('café'),
    'text-astral'   => $rpc->string("\x{1F600}"),
    'text-digits'   => $rpc->string('23434252232434'),
    'double'        => $rpc->double(-12.5),
    'double-small'  => $rpc->double(0.0000001),
    'double-large'  => $rpc->double(1e20),
    'date'          => $rpc->date_time('19980717T14:08:55'),
    'base64'        => $rpc->base64(encode_base64(join('', map { chr } 0 .. 255))),
    'array'         => [$rpc->int(1), $rpc->string('two'), $rpc->double(3.5)],
    'array-empty'   => [],
    'array-nested'  => [[[]], [$rpc->int(1), [$rpc->int(2)]]],
    'struct'        => { host => $rpc->string('localhost'), port => $rpc->int(9000) },
    'struct-empty'  => {},
    'struct-nested' => { a => { b => [{ c => $rpc->boolean(1) }] } },
);

sub save {
    my ($name, $document) = @_;
    utf8::encode($document) if utf8::is_utf8($document);
    open my $file, '>:raw', "$ARGV[0]/$name.xml" or die $!;
    print $file $document;
    close $file;
}

save($_, $rpc->encode_call('m', $values{$_})) for sort keys %values;
save('fault', $rpc->encode_fault(4, 'Too many <parameters>.'));
