// Writes each value as npm's `xmlrpc` does.
const fs = require('fs');
const { serializeMethodCall, serializeFault } = require('xmlrpc/lib/serializer');

const values = {
  zero: 0,
  int: 42,
  'int-min': -2147483648,
  'int-max': 2147483647,
  i8: 9000000000,
  true: true,
  false: false,
  text: 'hello',
  'text-empty': '',
  'text-blanks': '  ',
  'text-lines': 'a\nb\n',
  'text-cr': 'a\rb',
  'text-markup': '<a href=\'x\'>&amp; "b" ]]>',
  'text-latin': 'caf\u00e9',
  'text-astral': '\u{1F600}',
  'text-digits': '23434252232434',
  double: -12.5,
  'double-small': 0.0000001,
  date: new Date(1998, 6, 17, 14, 8, 55),
  base64: Buffer.from([...Array(256).keys()]),
  'base64-empty': Buffer.from([]),
  array: [1, 'two', 3.5],
  'array-empty': [],
  'array-nested': [[[]], [1, [2]]],
  struct: { host: 'localhost', port: 9000 },
  'struct-empty': {},
  'struct-nested': { a: { b: [{ c: true }] } },
  'struct-names': { '': 1, 'a b<&>': 2 },
  nil: null,
};

const out = process.argv[2];
for (const [name, value] of Object.entries(values)) {
  fs.writeFileSync(`${out}/${name}.xml`, serializeMethodCall('m', [value]));
}
const fault = { faultCode: 4, faultString: 'Too many <parameters>.' };
fs.writeFileSync(`${out}/fault.xml`, serializeFault(fault));
