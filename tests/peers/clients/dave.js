// Calls validator1 with npm's `davexmlrpc`. Takes the server's URL. It sends no Content-Type, so
// that the call is refused.
const { client } = require('davexmlrpc');

client(process.argv[2], 'validator1.simpleStructReturnTest', [7], 'xml', (error) => {
  console.log(error ? error.message : 'no error');
});
