"""The published functions: their names, what their documentation says, and their arguments."""

from __future__ import annotations

import datetime
import inspect
import typing
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Union

from reparte._server import faults
from reparte._server.faults import Refused, shown

Functions = Union[Callable[..., Any], Iterable[Callable[..., Any]], Mapping[str, Callable[..., Any]]]

_TYPES = {
    int: "int",
    float: "double",
    bool: "boolean",
    str: "string",
    bytes: "base64",
    datetime.datetime: "dateTime.iso8601",
    list: "array",
    tuple: "array",
    dict: "struct",
    type(None): "nil",
}


class Function:
    """A published function."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"{function!r} is not a function")
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{name} is a coroutine function: publish one that runs it, by asyncio.run")
        if not name or name == "<lambda>":
            raise ValueError("a lambda has no name: publish {'name': lambda ...}")
        if name.startswith(("system.", "reparte.")) or not name.replace(".", "_").isidentifier():
            raise ValueError(f"{name!r} can't be the name of a published function")
        self.name = name
        self.function = function
        self.help = inspect.getdoc(function) or ""
        self._signature: Optional[inspect.Signature] = None
        try:
            self._signature = inspect.signature(function)
        except (TypeError, ValueError):
            pass  # Some built-in functions have none.

    def check_arguments(self, params: typing.Sequence[Any]) -> None:
        """Raises `Refused` if the function does not take so many arguments."""
        if self._signature is None:
            return
        try:
            self._signature.bind(*params)
        except TypeError as error:
            text = f'method "{self.name}": {error} ({len(params)} given)'
            raise Refused(faults.INVALID_PARAMS, text) from None

    def types(self) -> Optional[List[str]]:
        """Returns the types of the result and of the parameters; None if not all are annotated."""
        if self._signature is None:
            return None
        try:
            hints = typing.get_type_hints(self.function)
        except Exception:  # An annotation may be any expression.
            return None
        parameters = self._signature.parameters.values()
        if any(p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters):
            return None
        kinds = [hints.get("return", ...), *(hints.get(p.name, ...) for p in parameters)]
        names = [_TYPES.get(typing.get_origin(kind) or kind) for kind in kinds]
        return None if None in names else [name for name in names if name]


def named(functions: Functions) -> Dict[str, Function]:
    """Returns functions by their names."""
    if isinstance(functions, Mapping):
        pairs = list(functions.items())
    else:
        one = [functions] if callable(functions) else functions
        pairs = [(getattr(function, "__name__", ""), function) for function in one]
    published: Dict[str, Function] = {}
    for name, function in pairs:
        if name in published:
            raise ValueError(f"two functions are called {shown(name)}: publish them as a dict")
        published[name] = Function(name, function)
    if not published:
        raise ValueError("there is no function to publish")
    return published
