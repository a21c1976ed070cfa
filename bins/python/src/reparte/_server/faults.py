"""The faults that a server answers by itself, with the codes of the fault-interop convention."""

from __future__ import annotations

import re
from typing import NamedTuple

NOT_WELL_FORMED = -32700
UNSUPPORTED_ENCODING = -32701
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL = -32603
APPLICATION = 1

# The characters that XML 1.0 does not have.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class FaultResponse(NamedTuple):
    """A fault, as it is sent."""

    code: int
    text: str


class Refused(Exception):
    """A call that is answered with a fault of the server's own."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.fault = FaultResponse(code, text)


def unknown_method(name: str) -> FaultResponse:
    """Returns the fault of a name that is not published, in the words of Python's own server."""
    return FaultResponse(METHOD_NOT_FOUND, f'method "{shown(name)}" is not supported')


def shown(name: str) -> str:
    """Returns a name from outside, without control characters, and cut."""
    text = "".join(c if c.isprintable() else "?" for c in name)
    return text if len(text) <= 80 else text[:79] + "\u2026"
