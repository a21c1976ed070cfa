# -*- coding: utf-8 -*-
"""Writes each value as Python's library does, 2.7 and 3 alike."""
import datetime
import io
import os
import sys

try:
    import xmlrpc.client as rpc
except ImportError:
    import xmlrpclib as rpc

VALUES = {
    "zero": 0,
    "int": 42,
    "int-min": -2147483648,
    "int-max": 2147483647,
    "true": True,
    "false": False,
    "text": u"hello",
    "text-empty": u"",
    "text-blanks": u"  ",
    "text-lines": u"a\nb\n",
    "text-cr": u"a\rb",
    "text-markup": u"<a href='x'>&amp; \"b\" ]]>",
    "text-latin": u"caf\u00e9",
    "text-astral": u"\U0001F600",
    "text-digits": u"23434252232434",
    "double": -12.5,
    "double-small": 0.0000001,
    "double-large": 1e20,
    "date": rpc.DateTime("19980717T14:08:55"),
    "base64": rpc.Binary(bytes(bytearray(range(256)))),
    "base64-empty": rpc.Binary(b""),
    "array": [1, u"two", 3.5],
    "array-empty": [],
    "array-nested": [[[]], [1, [2]]],
    "struct": {"host": u"localhost", "port": 9000},
    "struct-empty": {},
    "struct-nested": {"a": {"b": [{"c": True}]}},
    "struct-names": {"": 1, "a b<&>": 2},
    "nil": None,
}

out = sys.argv[1]
for name, value in sorted(VALUES.items()):
    document = rpc.dumps((value,), "m", allow_none=True)
    with io.open(os.path.join(out, name + ".xml"), "wb") as file:
        file.write(document if isinstance(document, bytes) else document.encode("utf-8"))
fault = rpc.dumps(rpc.Fault(4, u"Too many <parameters>."), methodresponse=True)
with io.open(os.path.join(out, "fault.xml"), "wb") as file:
    file.write(fault if isinstance(fault, bytes) else fault.encode("utf-8"))
