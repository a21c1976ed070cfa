// Calls validator1 with npm's `xmlrpc`, and checks the answers. Takes the server's URL.
const assert = require('assert');
const xmlrpc = require('xmlrpc');

const client = xmlrpc.createClient(process.argv[2]);

function call(method, ...params) {
  return new Promise((resolve, reject) => {
    client.methodCall(method, params, (error, value) => (error ? reject(error) : resolve(value)));
  });
}

async function check(method, params, expected) {
  const got = await call(`validator1.${method}`, ...params);
  assert.deepStrictEqual(got, expected, `${method}: got ${JSON.stringify(got)}`);
}

const stooges = (moe, larry, curly) => ({ moe, larry, curly });

async function main() {
  const structs = [stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9)];
  await check('arrayOfStructsTest', [structs], -8);

  const counts = {
    ctLeftAngleBrackets: 1, ctRightAngleBrackets: 2, ctAmpersands: 1, ctApostrophes: 2, ctQuotes: 2,
  };
  await check('countTheEntities', ['<a href=\'x\'>&amp; "b" ]]>'], counts);

  await check('easyStructTest', [stooges(4, -7, 1)], -2);

  const echo = {
    text: 'caf\u00e9 <&>', n: 3, half: 0.5, yes: true,
    list: [1, 'two', [3]], deep: { er: { est: 'x' } },
  };
  await check('echoStructTest', [echo], echo);

  const many = [
    41, true, 'South Dakota', -12.5, new Date(1998, 6, 17, 14, 8, 55),
    Buffer.from([...Array(256).keys()]),
  ];
  await check('manyTypesTest', many, many);

  const texts = [...Array(150).keys()].map((n) => `text ${n}`);
  await check('moderateSizeArrayCheck', [texts], 'text 0text 149');

  const years = {
    1999: { 12: { 31: stooges(1, 1, 1) } },
    2000: { '04': { '01': stooges(8, -3, 20) } },
  };
  await check('nestedStructTest', [years], 25);

  await check('simpleStructReturnTest', [7], { times10: 70, times100: 700, times1000: 7000 });

  const fault = await call('validator1.moderateSizeArrayCheck', []).then(() => {
    throw new Error('no fault');
  }, (error) => [error.faultCode, error.faultString]);
  assert.deepStrictEqual(fault, [1, 'an empty array has no first string'], `the fault: ${fault}`);

  const names = await call('system.listMethods');
  const methods = names.filter((name) => name.startsWith('validator1.'));
  assert.strictEqual(methods.length, 8, `listMethods: ${names}`);
  console.log('ok');
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
