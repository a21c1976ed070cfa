// A server as npm's `davexmlrpc` has it, by the author of the specification: factoriz_sum and
// validator1.
const net = require('net');
const davexmlrpc = require('davexmlrpc');

function factorizSum(digits) {
  let rest = Number(digits);
  let total = 0;
  for (let divisor = 2; divisor * divisor <= rest; divisor += divisor === 2 ? 1 : 2) {
    for (; rest % divisor === 0; rest /= divisor) total += divisor;
  }
  return String(rest > 1 ? total + rest : total);
}

const stooges = (members) => members.moe + members.larry + members.curly;

const count = (text) => ({
  ctLeftAngleBrackets: text.split('<').length - 1,
  ctRightAngleBrackets: text.split('>').length - 1,
  ctAmpersands: text.split('&').length - 1,
  ctApostrophes: text.split("'").length - 1,
  ctQuotes: text.split('"').length - 1,
});

function ends(texts) {
  if (texts.length === 0) throw new Error('an empty array has no first string');
  return texts[0] + texts[texts.length - 1];
}

const methods = {
  factoriz_sum: factorizSum,
  'validator1.arrayOfStructsTest': (structs) => structs.reduce((sum, { curly }) => sum + curly, 0),
  'validator1.countTheEntities': count,
  'validator1.easyStructTest': stooges,
  'validator1.echoStructTest': (members) => members,
  'validator1.manyTypesTest': (...values) => values,
  'validator1.moderateSizeArrayCheck': ends,
  'validator1.nestedStructTest': (years) => stooges(years['2000']['04']['01']),
  'validator1.simpleStructReturnTest': (n) => ({
    times10: n * 10, times100: n * 100, times1000: n * 1000,
  }),
};

// It does not tell which port it has, so it is given one that is free.
const probe = net.createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address();
  probe.close(() => {
    davexmlrpc.startServerOverHttp({ port, flLogToConsole: false }, (request) => {
      const method = methods[request.verb];
      if (method === undefined) {
        request.returnVal({ message: `no method ${request.verb}` });
        return true;
      }
      try {
        request.returnVal(undefined, method(...request.params));
      } catch (error) {
        request.returnVal(error);
      }
      return true;
    });
    // It says nothing once it listens.
    const wait = () => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.destroy();
        console.error(`listening on http://127.0.0.1:${port}`);
      });
      socket.on('error', () => setTimeout(wait, 20));
    };
    wait();
  });
});
