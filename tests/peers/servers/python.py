"""A server as Python has it, 2.7 and 3 alike: factoriz_sum, validator1, and for tests of
Python alone cuad, eco (echo) and nap.

Listens on the host:port given, or on a port of 127.0.0.1 that the system chooses, and
says where on standard error.
"""
import sys
import time

try:
    from xmlrpc.server import SimpleXMLRPCServer
except ImportError:
    from SimpleXMLRPCServer import SimpleXMLRPCServer

sys.dont_write_bytecode = True
from validator1 import factoriz_sum, validator1


def nap(ms, n):
    time.sleep(ms / 1000.0)
    return n


host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:0").rsplit(":", 1)
server = SimpleXMLRPCServer((host, int(port)), allow_none=True)
server.register_introspection_functions()
server.register_function(factoriz_sum)
for name, function in validator1.items():
    server.register_function(function, "validator1." + name)
server.register_function(nap)
server.register_function(lambda n: n * n, "cuad")
server.register_function(lambda value: value, "eco")
sys.stderr.write("listening on http://%s:%d\n" % server.server_address)
sys.stderr.flush()
server.serve_forever()
