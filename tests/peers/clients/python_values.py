"""Sends every type to a server's eco (echo) and checks what comes back; then the
errors that a Python client meets. 2.7 and 3 alike. Takes the server's URL."""
import datetime
import sys

try:
    from xmlrpc import client
except ImportError:
    import xmlrpclib as client

server = client.ServerProxy(sys.argv[1], allow_none=True)
moment = datetime.datetime(1998, 7, 17, 14, 8, 55)
values = [
    0, -1, 2 ** 31 - 1, -2 ** 31,
    True, False,
    u"", u"  ", u"a b", u"<&>\"'", u"caf\u00e9 \u20ac \U0001f600", u"two\nlines\ttab",
    0.0, -12.5, 1e300, 1.0 / 3,
    [], [1, [u"a", [True]]],
    {}, {u"a": 1, u"<b>": [None], u"": {u"deep": u"x"}},
    None,
]
for value in values:
    back = server.eco(value)
    assert back == value and type(back == value) is bool, (value, back)
    assert isinstance(back, bool) == isinstance(value, bool), (value, back)
assert server.eco(client.DateTime(moment)) == client.DateTime(moment)
everything = b"".join(bytes(bytearray([n])) for n in range(256))
assert server.eco(client.Binary(everything)).data == everything

for call, code, text in [
    (lambda: server.nada(), -32601, 'method "nada" is not supported'),
    (lambda: server.eco(), -32602, "eco"),
    (lambda: server.eco(1, 2), -32602, "2 given"),
]:
    try:
        call()
    except client.Fault as fault:
        assert fault.faultCode == code, fault
        assert text in fault.faultString, fault
    else:
        raise AssertionError("no fault: " + text)
assert "eco" in server.system.listMethods()

multi = client.ServerProxy(sys.argv[1].replace("/RPC2", ""), allow_none=True)
assert multi.eco(7) == 7
try:
    client.ServerProxy(sys.argv[1] + "/otra").eco(7)
except client.ProtocolError as error:
    assert error.errcode == 404, error
else:
    raise AssertionError("no 404")
print("ok")
