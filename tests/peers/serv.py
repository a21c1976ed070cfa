"""A server as Python has it, 2.7 and 3 alike: factoriz_sum, cuad, eco (echo) and nap.

Listens on the port that is its argument, or one that the system chooses, and says which
on standard error.
"""
import sys
import time

try:
    from xmlrpc.server import SimpleXMLRPCServer
except ImportError:
    from SimpleXMLRPCServer import SimpleXMLRPCServer


def factoriz_sum(digits):
    rest, total, divisor = int(digits), 0, 2
    while divisor * divisor <= rest:
        while rest % divisor == 0:
            rest //= divisor
            total += divisor
        divisor += 1 if divisor == 2 else 2
    if rest > 1:
        total += rest
    return str(total)


def nap(ms, n):
    time.sleep(ms / 1000.0)
    return n


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
server = SimpleXMLRPCServer(("127.0.0.1", port), allow_none=True)
server.register_function(factoriz_sum)
server.register_function(nap)
server.register_function(lambda n: n * n, "cuad")
server.register_function(lambda value: value, "eco")
sys.stderr.write("listening on http://127.0.0.1:%d\n" % server.server_address[1])
sys.stderr.flush()
server.serve_forever()
