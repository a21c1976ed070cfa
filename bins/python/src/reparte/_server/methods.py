"""The server's own methods: `system.*`, and `reparte.*`, the control protocol."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

from reparte._server import faults
from reparte._server.faults import FaultResponse, Refused
from reparte._server.functions import Function

MULTICALL = "system.multicall"
# The most calls in one request.
MAX_MULTICALL = 1_000

# A method's signature, the result's type first, and its help.
_METHODS: Dict[str, Tuple[List[str], str]] = {
    "reparte.cancel": (
        ["boolean", "string"],
        "Cancels the calls with this id, and returns whether there were any.",
    ),
    "reparte.status": (
        ["struct"],
        "Returns the state of the server: instance, version, slots, busy, calls.",
    ),
    "system.getCapabilities": (["struct"], "Returns what the server supports besides plain calls, by name."),
    "system.listMethods": (["array"], "Returns the names of all methods, sorted."),
    "system.methodHelp": (["string", "string"], "Returns the help of a method, or an empty string."),
    "system.methodSignature": (
        ["array", "string"],
        "Returns a list of a method's signatures, each a list of types, the result's first; "
        "undef if the types are open.",
    ),
    MULTICALL: (
        ["array", "array"],
        "Makes calls, structs of methodName and params, one after the other. Returns for each "
        "an array of its result, or the struct of its fault.",
    ),
}

_CAPABILITIES = {
    "xmlrpc": ("http://www.xmlrpc.com/spec", 1),
    "introspection": ("http://xmlrpc-c.sourceforge.net/xmlrpc-c/introspection.html", 1),
    MULTICALL: ("http://www.xmlrpc.com/discuss/msgReader$1208", 1),
    "faults_interop": ("http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php", 20010516),
    "reparte": ("docs/protocol.md", 1),
}


class OwnMethods:
    """Answers the calls of the server's own methods, but for multicall, which runs functions."""

    def __init__(
        self,
        functions: Dict[str, Function],
        status: Callable[[], Dict[str, Any]],
        cancel: Callable[[str], bool],
    ) -> None:
        self.functions = functions
        self.status = status
        self.cancel = cancel

    def answer(self, name: str, params: Sequence[Any]) -> Any:
        """Returns the value of a call. Raises `Refused` for one that can't be answered."""
        known = _METHODS.get(name)
        if known is None or name == MULTICALL:
            raise Refused(*faults.unknown_method(name))
        expected = len(known[0]) - 1
        if len(params) != expected:
            plural = "" if expected == 1 else "s"
            text = f'method "{name}" takes {expected} argument{plural} ({len(params)} given)'
            raise Refused(faults.INVALID_PARAMS, text)
        if expected and not isinstance(params[0], str):
            raise Refused(faults.INVALID_PARAMS, f'method "{name}": the argument is not a string')
        if name == "reparte.status":
            return self.status()
        if name == "reparte.cancel":
            return self.cancel(params[0])
        if name == "system.listMethods":
            return sorted([*self.functions, *_METHODS])
        if name == "system.getCapabilities":
            return {
                capability: {"specUrl": url, "specVersion": version}
                for capability, (url, version) in _CAPABILITIES.items()
            }
        return self._documentation(name == "system.methodHelp", params[0])

    def _documentation(self, is_help: bool, method: str) -> Any:
        if method in _METHODS:
            signature, text = _METHODS[method]
            return text if is_help else [signature]
        function = self.functions.get(method)
        if function is None:
            raise Refused(*faults.unknown_method(method))
        if is_help:
            return function.help
        types = function.types()
        # xmlrpc-c: "some non-array value".
        return "undef" if types is None else [types]


def read_multicall(params: Sequence[Any]) -> List[Any]:
    """Returns the calls of a multicall: each a name and arguments, or a fault."""
    if len(params) != 1 or not isinstance(params[0], list):
        raise Refused(faults.INVALID_PARAMS, f'method "{MULTICALL}" takes an array of structs')
    if len(params[0]) > MAX_MULTICALL:
        raise Refused(faults.INVALID_PARAMS, f"more than {MAX_MULTICALL} calls in one request")
    return [_read_call(entry) for entry in params[0]]


def _read_call(entry: Any) -> Any:
    name = entry.get("methodName") if isinstance(entry, dict) else None
    arguments = entry.get("params", []) if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(arguments, list):
        return FaultResponse(faults.INVALID_PARAMS, "a call is a struct of methodName and params")
    if name == MULTICALL:
        return FaultResponse(faults.INVALID_PARAMS, f"{MULTICALL} is not called within itself")
    return name, arguments
