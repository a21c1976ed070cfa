"""A server as Python has it, 2.7 and 3 alike: factoriz_sum, validator1, and for tests of
Python alone cuad, eco (echo) and nap.

Listens on the host:port given, or on a port of 127.0.0.1 that the system chooses, and
says where on standard error.
"""
import sys
import time

try:
    from xmlrpc.client import Fault
    from xmlrpc.server import SimpleXMLRPCServer
except ImportError:
    from xmlrpclib import Fault
    from SimpleXMLRPCServer import SimpleXMLRPCServer


def nap(ms, n):
    time.sleep(ms / 1000.0)
    return n


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


def count(text):
    return {"ctLeftAngleBrackets": text.count("<"), "ctRightAngleBrackets": text.count(">"),
            "ctAmpersands": text.count("&"), "ctApostrophes": text.count("'"),
            "ctQuotes": text.count('"')}


def stooges(members):
    return members["moe"] + members["larry"] + members["curly"]


def ends(texts):
    if not texts:
        raise Fault(1, "an empty array has no first string")
    return texts[0] + texts[-1]


validator1 = {
    "arrayOfStructsTest": lambda structs: sum(members["curly"] for members in structs),
    "countTheEntities": count,
    "easyStructTest": stooges,
    "echoStructTest": lambda members: members,
    "manyTypesTest": lambda *values: values,
    "moderateSizeArrayCheck": ends,
    "nestedStructTest": lambda years: stooges(years["2000"]["04"]["01"]),
    "simpleStructReturnTest": lambda n: {"times%d" % by: n * by for by in (10, 100, 1000)},
}

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
