"""Trac with its plugin TracXMLRPC, for Python 2.7, and functions in a plugin: factoriz_sum and
validator1. Takes an empty folder, listens on a port of 127.0.0.1 that the system chooses, and says
where on standard error."""
import sys
from wsgiref.simple_server import make_server

import tracrpc.web_ui
import tracrpc.xml_rpc
from trac.core import Component, implements
from trac.env import Environment
from trac.perm import PermissionSystem
from trac.web.main import dispatch_request
from tracrpc.api import IXMLRPCHandler

sys.dont_write_bytecode = True
from validator1 import factoriz_sum, validator1


class Functions(Component):
    """The functions of the tests."""

    implements(IXMLRPCHandler)

    def xmlrpc_namespace(self):
        return "validator1"

    def xmlrpc_methods(self):
        functions = dict(validator1, factoriz_sum=factoriz_sum)
        for name, function in functions.items():
            yield None, ((dict, list),), published(function), name


def published(function):
    return lambda request, *values: function(*values)


folder = sys.argv[1]
options = [("trac", "database", "sqlite:db/trac.db"), ("components", "tracrpc.*", "enabled"),
           ("components", "__main__.*", "enabled")]
environment = Environment(folder + "/trac", create=True, options=options)
PermissionSystem(environment).grant_permission("anonymous", "XML_RPC")


def application(environ, start_response):
    environ["trac.env_path"] = environment.path
    return dispatch_request(environ, start_response)


server = make_server("127.0.0.1", 0, application)
sys.stderr.write("listening on http://127.0.0.1:%d\n" % server.server_port)
sys.stderr.flush()
server.serve_forever()
