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


# The types that `reparte run` sends in place of text, by its flag --arg-type.
_FLAGS = {
    int: "int",
    float: "double",
    bool: "boolean",
    bytes: "base64",
    datetime.datetime: "datetime",
    list: "json",
    tuple: "json",
    dict: "json",
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

    def _annotations(self) -> Dict[str, Any]:
        try:
            hints = typing.get_type_hints(self.function)
        except Exception:  # An annotation may be any expression.
            return {}
        return {name: typing.get_origin(kind) or kind for name, kind in hints.items()}

    def types(self) -> Optional[List[str]]:
        """Returns the types of the result and of the parameters; None if a parameter has none.

        A result that is not annotated, or by no type of XML-RPC, is `any`.
        """
        if self._signature is None:
            return None
        hints = self._annotations()
        parameters = self._signature.parameters.values()
        if any(p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters):
            return None
        names = [_type(hints.get(p.name, ...)) for p in parameters]
        if None in names or not (names or "return" in hints):
            return None
        result = _type(hints.get("return", ...)) or "any"
        return [result, *(name for name in names if name)]

    def hint(self, params: typing.Sequence[Any], error: BaseException) -> str:
        """Returns advice on an error of the function, if an argument came as text; else nothing."""
        if self._signature is None or not isinstance(error, (AttributeError, TypeError, ValueError)):
            return ""
        hints = self._annotations()
        texts = 0
        for name, value in zip(self._signature.parameters, params):
            kind = hints.get(name)
            if isinstance(value, str) and isinstance(kind, type) and kind in _FLAGS:
                return (
                    f"{name} came as text, and is annotated as {kind.__name__}: `reparte run` sends "
                    f"such values with --arg-type {_FLAGS[kind]}"
                )
            texts += isinstance(value, str) and kind is None
        if texts and texts == len(params) and isinstance(error, TypeError):
            return "the arguments came as text: `reparte run` sends numbers with --arg-type int or double"
        return ""


def _type(kind: Any) -> Optional[str]:
    try:
        return _TYPES.get(kind)
    except TypeError:  # An annotation that has no hash.
        return None


def named(functions: Functions) -> Dict[str, Function]:
    """Returns functions by their names."""
    if isinstance(functions, Mapping):
        pairs = list(functions.items())
    else:
        one = [functions] if callable(functions) else functions
        if not isinstance(one, Iterable) or isinstance(one, str):
            raise TypeError(f"{one!r} is no function: give one, a list of functions, or a dict of them by name")
        pairs = [(getattr(function, "__name__", ""), function) for function in one]
    published: Dict[str, Function] = {}
    for name, function in pairs:
        if name in published:
            raise ValueError(f"two functions are called {shown(name)}: publish them as a dict")
        published[name] = Function(name, function)
    if not published:
        raise ValueError("there is no function to publish")
    return published
