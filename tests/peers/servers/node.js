// A server as npm's `xmlrpc` has it: factoriz_sum and validator1.
const xmlrpc = require('xmlrpc');

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
  if (texts.length === 0) {
    const error = { faultCode: 1, faultString: 'an empty array has no first string' };
    throw error;
  }
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

const server = xmlrpc.createServer({ host: '127.0.0.1', port: 0 }, () => {
  console.error(`listening on http://127.0.0.1:${server.httpServer.address().port}`);
});
for (const [name, method] of Object.entries(methods)) {
  server.on(name, (error, params, callback) => {
    if (error) return callback(error);
    try {
      return callback(null, method(...params));
    } catch (fault) {
      return callback(fault);
    }
  });
}
