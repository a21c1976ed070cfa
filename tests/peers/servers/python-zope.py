"""A server of Zope's publisher, behind waitress: factoriz_sum and validator1. Listens on a port of
127.0.0.1 that the system chooses, and says where on standard error."""
import sys
from types import SimpleNamespace
from xmlrpc.client import Fault

import waitress
from App.config import getConfiguration
from ZPublisher import zpublish
from ZPublisher.httpexceptions import HTTPExceptionHandler
from ZPublisher.WSGIPublisher import publish_module

sys.dont_write_bytecode = True
from validator1 import factoriz_sum, validator1


def ends(texts):
    # A fault is returned: one that is raised is an error of the web server's.
    try:
        return validator1["moderateSizeArrayCheck"](texts)
    except Fault as fault:
        return fault


@zpublish
class Folder:
    def __init__(self, functions):
        for name, function in functions.items():
            setattr(self, name, zpublish(function))


root = Folder({"factoriz_sum": factoriz_sum})
root.validator1 = Folder(dict(validator1, moderateSizeArrayCheck=ends))
# Names are looked up from the address's path on.
root.RPC2 = root
# It is no database's root, whose connection would be closed.
root._p_jar = SimpleNamespace(close=lambda: None)
getConfiguration().enable_xmlrpc = True
# The publisher asks a module for the root.
sys.modules["peer"] = SimpleNamespace(bobo_application=lambda: root)


def application(environ, start_response):
    return publish_module(environ, start_response, _module_name="peer")


server = waitress.create_server(HTTPExceptionHandler(application), host="127.0.0.1", port=0)
print("listening on http://127.0.0.1:%s" % server.effective_port, file=sys.stderr, flush=True)
server.run()
