# Writes each value as Perl's RPC::XML does.
use strict;
use warnings;
use utf8;
use RPC::XML;

$RPC::XML::ENCODING  = 'utf-8';
$RPC::XML::ALLOW_NIL = 1;

sub text { RPC::XML::string->new(shift) }
sub int4 { RPC::XML::int->new(shift) }

my %values = (
    'zero'          => int4(0),
    'int'           => int4(42),
    'int-min'       => int4(-2147483648),
    'int-max'       => int4(2147483647),
    'i8'            => RPC::XML::i8->new('9000000000'),
    'true'          => RPC::XML::boolean->new(1),
    'false'         => RPC::XML::boolean->new(0),
    'text'          => text('hello'),
    'text-empty'    => text(''),
    'text-blanks'   => text('  '),
    'text-lines'    => text("a\nb\n"),
    'text-markup'   => text("<a href='x'>&amp; \"b\" ]]>"),
    'text-latin'    => text('café'),
    'text-astral'   => text("\x{1F600}"),
    'text-digits'   => text('23434252232434'),
    'double'        => RPC::XML::double->new(-12.5),
    'double-small'  => RPC::XML::double->new(0.0000001),
    'double-large'  => RPC::XML::double->new(1e20),
    'date'          => RPC::XML::datetime_iso8601->new('19980717T14:08:55'),
    'base64'        => RPC::XML::base64->new(join '', map { chr } 0 .. 255),
    'array'         => RPC::XML::array->new(int4(1), text('two'), RPC::XML::double->new(3.5)),
    'array-empty'   => RPC::XML::array->new(),
    'array-nested'  => RPC::XML::array->new(
        RPC::XML::array->new(RPC::XML::array->new()),
        RPC::XML::array->new(int4(1), RPC::XML::array->new(int4(2)))
    ),
    'struct'        => RPC::XML::struct->new(host => text('localhost'), port => int4(9000)),
    'struct-empty'  => RPC::XML::struct->new(),
    'struct-nested' => RPC::XML::struct->new(
        a => RPC::XML::struct->new(
            b => RPC::XML::array->new(RPC::XML::struct->new(c => RPC::XML::boolean->new(1)))
        )
    ),
    'struct-names'  => RPC::XML::struct->new('' => int4(1), 'a b<&>' => int4(2)),
    'nil'           => RPC::XML::nil->new(),
);

sub save {
    my ($name, $document) = @_;
    utf8::encode($document) if utf8::is_utf8($document);
    open my $file, '>:raw', "$ARGV[0]/$name.xml" or die $!;
    print $file $document;
    close $file;
}

save($_, RPC::XML::request->new('m', $values{$_})->as_string) for sort keys %values;
save('fault', RPC::XML::response->new(RPC::XML::fault->new(4, 'Too many <parameters>.'))->as_string);
