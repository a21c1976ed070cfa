"""A server of tornado-xmlrpc: factoriz_sum and validator1. Listens on a port of 127.0.0.1 that the
system chooses, and says where on standard error."""
import asyncio
import sys

import tornado.gen
import tornado.httpserver
import tornado.netutil
import tornado.web

# Python had it until 3.10.
asyncio.coroutine = tornado.gen.coroutine
from tornado_xmlrpc.handler import XMLRPCHandler

sys.dont_write_bytecode = True
from validator1 import factoriz_sum, validator1


class Handler(XMLRPCHandler):
    pass


def publish(name, function):
    # The members of a struct that comes last arrive as named arguments.
    def method(self, *values, **members):
        return function(*values, members) if members else function(*values)

    setattr(Handler, "rpc_" + name, method)


publish("factoriz_sum", factoriz_sum)
for name, function in validator1.items():
    publish("validator1." + name, function)


async def main():
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/.*", Handler)]))
    server.add_sockets(sockets)
    print("listening on http://%s:%d" % sockets[0].getsockname(), file=sys.stderr, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
