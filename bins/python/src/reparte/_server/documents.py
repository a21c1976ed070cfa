"""XML-RPC documents: calls to Python values, and values to responses."""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import re
import xmlrpc.client
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple
from xml.parsers import expat

from reparte._server import faults
from reparte._server.faults import NOT_IN_XML, FaultResponse, Refused

# The limits of xmlrpc-server.
MAX_LEVELS = 64
MAX_VALUES = 1_000_000
# A decimal is written without an exponent: 1E+9999999 has ten million digits.
MAX_DECIMAL_DIGITS = 1_000_000

_HEAD = b"<?xml version='1.0'?>\n<methodResponse>"
_USUAL_NAME = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?<methodCall>\s*<methodName>\s*([\w.:/-]+)\s*</methodName>")


def usual_method_name(body: bytes) -> Optional[str]:
    """Returns the method of a call whose document is a usual one, without reading the rest."""
    found = _USUAL_NAME.match(body)
    return found.group(1).decode("ascii") if found else None


def decode_call(body: bytes) -> Tuple[str, Tuple[Any, ...]]:
    """Returns the method and the arguments of a call.

    Raises `Refused` if the document is not a call, or is beyond a limit.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or body[:2] in (b"<\0", b"\0<"):
        raise Refused(faults.UNSUPPORTED_ENCODING, "UTF-16 is not read here: send UTF-8")
    if body.count(b"<value") > MAX_VALUES:
        raise Refused(faults.INVALID_REQUEST, f"the call has more than {MAX_VALUES} values")
    target = xmlrpc.client.Unmarshaller(use_builtin_types=True)
    try:
        _parse(body, target)
        params = target.close()
        name = target.getmethodname()
    except Refused:
        raise
    except expat.ExpatError as error:
        code = faults.NOT_WELL_FORMED
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]:
            code = faults.UNSUPPORTED_ENCODING
        raise Refused(code, f"the document is not well-formed: {error}") from None
    except LookupError as error:
        if "encoding" not in str(error):
            raise Refused(faults.INVALID_REQUEST, f"the document is not a call ({error!r})") from None
        raise Refused(faults.UNSUPPORTED_ENCODING, str(error)) from None
    except Exception as error:  # The standard library has one for each way to be wrong.
        told = f"{type(error).__name__}: {error}"
        raise Refused(faults.INVALID_REQUEST, f"the document is not a call ({told})") from None
    if not name:
        raise Refused(faults.INVALID_REQUEST, "the document is not a call: it has no methodName")
    return str(name), tuple(params)


def _parse(body: bytes, target: xmlrpc.client.Unmarshaller) -> None:
    parser = expat.ParserCreate()
    level = 0

    def start(tag: str, attributes: Dict[str, str]) -> None:
        nonlocal level
        # A level of values has three elements at most: value, array and data, or struct and member.
        level += 1
        if level > 3 * MAX_LEVELS + 4:
            raise Refused(faults.INVALID_REQUEST, f"the values are more than {MAX_LEVELS} levels deep")
        target.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal level
        level -= 1
        target.end(tag)

    def doctype(*_: Any) -> None:
        raise Refused(faults.INVALID_REQUEST, "a DOCTYPE is not read: XML-RPC has no use for one")

    is_deep = body.count(b"<array") + body.count(b"<struct") + body.count(b":array") + body.count(b":struct") > MAX_LEVELS
    parser.StartElementHandler = start if is_deep else target.start
    parser.EndElementHandler = end if is_deep else target.end
    parser.CharacterDataHandler = target.data
    parser.StartDoctypeDeclHandler = doctype
    parser.buffer_text = True
    # The standard library's parser does so too. Its texts are then always whole.
    target.xml(None, None)  # type: ignore[arg-type]
    parser.Parse(body, True)


def encode_value(value: Any) -> bytes:
    """Returns a value as an element. Raises `Refused` if no element can hold it."""
    parts: List[str] = []
    _write(parts.append, value, 0)
    return "".join(parts).encode("utf-8")


def response(value: bytes) -> bytes:
    """Returns the response that has a value, which is an element already."""
    return b"%s<params><param>%s</param></params></methodResponse>\n" % (_HEAD, value)


def fault_value(fault: FaultResponse) -> bytes:
    """Returns a fault as the value that stands in its response, or in that of a multicall."""
    text = NOT_IN_XML.sub("\ufffd", fault.text)
    return encode_value({"faultCode": fault.code, "faultString": text})


def fault_response(fault: FaultResponse) -> bytes:
    """Returns the response that has a fault."""
    return b"%s<fault>%s</fault></methodResponse>\n" % (_HEAD, fault_value(fault))


def call(name: str, params: Sequence[Any]) -> bytes:
    """Returns the document of a call."""
    values = b"".join(b"<param>%s</param>" % encode_value(param) for param in params)
    return b"<methodCall><methodName>%s</methodName><params>%s</params></methodCall>" % (
        _escaped(name).encode("utf-8"),
        values,
    )


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # XML turns a bare one into a line feed.
    return text.replace("\r", "&#13;")


def _unsendable(text: str) -> Refused:
    return Refused(faults.INTERNAL, text)


def _write(write: Callable[[str], Any], value: Any, level: int) -> None:
    writer = _WRITERS.get(type(value)) or _writer_of(value)
    writer(write, value, level)


def _writer_of(value: Any) -> Callable[[Callable[[str], Any], Any, int], None]:
    """Returns the writer of a value whose type is derived from one that can be sent."""
    if isinstance(value, enum.Enum):
        return lambda write, value, level: _write(write, value.value, level)
    # NumPy's arrays and numbers, and those of its kin.
    if hasattr(value, "dtype") and callable(getattr(value, "tolist", None)):
        return lambda write, value, level: _write(write, value.tolist(), level)
    for base, writer in _WRITERS.items():
        if isinstance(value, base):
            return writer
    raise _unsendable(
        f"a result of type {type(value).__name__} can't be sent: return numbers, text, bytes, "
        "None, and lists and dicts of these"
    )


def _write_none(write: Callable[[str], Any], value: Any, level: int) -> None:
    write("<value><nil/></value>")


def _write_bool(write: Callable[[str], Any], value: Any, level: int) -> None:
    write("<value><boolean>1</boolean></value>" if value else "<value><boolean>0</boolean></value>")


def _write_int(write: Callable[[str], Any], value: Any, level: int) -> None:
    value = int(value)
    if -(2**31) <= value < 2**31:
        write(f"<value><int>{value}</int></value>")
    elif -(2**63) <= value < 2**63:
        write(f"<value><i8>{value}</i8></value>")
    else:
        write(f"<value><biginteger>{value}</biginteger></value>")


def _write_float(write: Callable[[str], Any], value: Any, level: int) -> None:
    write(f"<value><double>{float(value)!r}</double></value>")


def _write_decimal(write: Callable[[str], Any], value: Any, level: int) -> None:
    if not value.is_finite():
        raise _unsendable(f"the decimal {value} can't be sent: return a float or text")
    if abs(value.adjusted()) > MAX_DECIMAL_DIGITS:
        raise _unsendable(f"a decimal of more than {MAX_DECIMAL_DIGITS} digits can't be sent: return a float or text")
    write(f"<value><bigdecimal>{value:f}</bigdecimal></value>")


def _write_text(write: Callable[[str], Any], value: Any, level: int) -> None:
    text = str(value)
    bad = NOT_IN_XML.search(text)
    if bad:
        code = f"U+{ord(bad.group()):04X}"
        raise _unsendable(f"the result's text has {code}, which XML can't carry: return bytes")
    write(f"<value><string>{_escaped(text)}</string></value>")


def _write_bytes(write: Callable[[str], Any], value: Any, level: int) -> None:
    write(f"<value><base64>{base64.b64encode(bytes(value)).decode('ascii')}</base64></value>")


def _write_date(write: Callable[[str], Any], value: Any, level: int) -> None:
    if value.tzinfo is None and not value.microsecond:
        # strftime does not pad years on every system.
        text = "%04d%s" % (value.year, value.strftime("%m%dT%H:%M:%S"))
    else:
        text = value.isoformat()
    write(f"<value><dateTime.iso8601>{text}</dateTime.iso8601></value>")


def _write_list(write: Callable[[str], Any], value: Any, level: int) -> None:
    _check_level(level)
    write("<value><array><data>")
    for item in value:
        _write(write, item, level + 1)
    write("</data></array></value>")


def _write_dict(write: Callable[[str], Any], value: Any, level: int) -> None:
    _check_level(level)
    write("<value><struct>")
    for name, item in value.items():
        if not isinstance(name, str):
            raise _unsendable(f"a dict's keys have to be text, and one is {type(name).__name__}: convert them")
        if NOT_IN_XML.search(name):
            raise _unsendable("a dict's key has a control character, which XML can't carry")
        write(f"<member><name>{_escaped(name)}</name>")
        _write(write, item, level + 1)
        write("</member>")
    write("</struct></value>")


def _check_level(level: int) -> None:
    if level >= MAX_LEVELS:
        raise _unsendable(f"the result is more than {MAX_LEVELS} levels deep, or contains itself")


# In the order in which bases are tried: a bool is an int too, and a datetime a date.
_WRITERS: Dict[type, Callable[[Callable[[str], Any], Any, int], None]] = {
    str: _write_text,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    type(None): _write_none,
    list: _write_list,
    tuple: _write_list,
    dict: _write_dict,
    bytes: _write_bytes,
    bytearray: _write_bytes,
    memoryview: _write_bytes,
    datetime.datetime: _write_date,
    decimal.Decimal: _write_decimal,
}
