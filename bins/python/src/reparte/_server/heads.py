"""The heads of requests: what they say, and which are refused."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional, Tuple

MAX_HEAD = 64 * 1024
MAX_EMPTY_LINES = 8
# As in xmlrpc-server: the longest id, and what it may have.
_CALL_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Refusal(NamedTuple):
    """An HTTP answer to a request that no function answers."""

    status: str
    text: str
    header: str = ""


BAD_HEAD = Refusal("400 Bad Request", "the request's head can't be read, or could be read in two ways\n")
NO_HOST = Refusal("400 Bad Request", "HTTP/1.1 asks for a Host\n")
BAD_LENGTH = Refusal("400 Bad Request", "Content-Length is to be given once, in digits\n")
UNAUTHORIZED = Refusal(
    "401 Unauthorized", "this server asks for a token\n", 'WWW-Authenticate: Basic realm="XML-RPC"\r\n'
)
FOREIGN_HOST = Refusal("403 Forbidden", "the Host is not a name of this server\n")
FOREIGN_ORIGIN = Refusal("403 Forbidden", "no calls from the pages of other servers\n")
NOT_FOUND = Refusal("404 Not Found", "calls go to / or /RPC2\n")
NOT_ALLOWED = Refusal("405 Method Not Allowed", "calls are made with POST\n", "Allow: POST\r\n")
TOO_SLOW = Refusal("408 Request Timeout", "the request took too long\n")
LENGTH_REQUIRED = Refusal("411 Length Required", "the body's Content-Length is missing\n")
TOO_LARGE = Refusal("413 Content Too Large", "the body is above this server's limit\n")
MEDIA_TYPE = Refusal("415 Unsupported Media Type", "a call's Content-Type is text/xml\n")
CONTENT_CODING = Refusal(
    "415 Unsupported Media Type", "the body's Content-Encoding is not read here\n", "Accept-Encoding: identity\r\n"
)
HEAD_TOO_LARGE = Refusal(
    "431 Request Header Fields Too Large", "the request's head is above this server's limit\n"
)
CANCELLED = Refusal("500 Internal Server Error", "the call was cancelled\n")
BUSY = Refusal("503 Service Unavailable", "every worker computes and the queue is full\n", "Retry-After: 1\r\n")
NO_ROOM = Refusal(
    "503 Service Unavailable", "the machine has no room for the call at the moment\n", "Retry-After: 1\r\n"
)
STOPPING = Refusal("503 Service Unavailable", "this server stops\n", "Retry-After: 1\r\n")
NO_MEMORY = Refusal(
    "503 Service Unavailable", "other clients hold all memory of this server; try again\n", "Retry-After: 1\r\n"
)
CONNECTIONS = Refusal("503 Service Unavailable", "this server has no connection left\n", "Retry-After: 1\r\n")
# Clients tell the two by their texts.
LATE = Refusal("504 Gateway Timeout", "the call's deadline has passed\n")
LATE_IN_QUEUE = Refusal("504 Gateway Timeout", "the call's deadline passed before it ran\n")
VERSION = Refusal("505 HTTP Version Not Supported", "this server speaks HTTP/1.1\n")


class BadHead(Exception):
    """A head that is refused. The connection can't go on."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Head:
    """The head of a request."""

    __slots__ = ("method", "path", "version", "fields", "length")

    def __init__(self, method: bytes, path: bytes, version: bytes, fields: Dict[bytes, bytes]) -> None:
        self.method = method
        self.path = path
        self.version = version
        self.fields = fields
        self.length = 0

    def keeps_alive(self) -> bool:
        """Returns whether the client expects to send another request."""
        options = {option.strip().lower() for option in self.fields.get(b"connection", b"").split(b",")}
        if self.version == b"HTTP/1.0":
            return b"keep-alive" in options
        return b"close" not in options

    def expects_continue(self) -> bool:
        """Returns whether the client waits before it sends the body."""
        return self.version == b"HTTP/1.1" and self.fields.get(b"expect", b"").lower() == b"100-continue"

    def call_id(self) -> str:
        """Returns the client's id for its call; empty if it has none that is valid."""
        found = _CALL_ID.fullmatch(self.fields.get(b"reparte-call", b""))
        return found.group().decode("ascii") if found else ""

    def deadline(self) -> Optional[float]:
        """Returns for how many seconds the client waits, if it says so."""
        text = self.fields.get(b"reparte-deadline-ms", b"")
        # A longer number is longer than any clock runs.
        return float(text) / 1000 if text.isdigit() and len(text) <= 300 else None

    def is_xml(self) -> bool:
        """Returns whether the body is said to be a call."""
        media_type = self.fields.get(b"content-type", b"").partition(b";")[0].strip().lower()
        return media_type in (b"text/xml", b"application/xml")


def split(data: bytearray) -> Optional[Tuple[bytes, int]]:
    """Returns the first head in the data, and where it ends; None if more has to come.

    Raises `BadHead` if it is too long.
    """
    start = 0
    while data.startswith(b"\r\n", start):
        start += 2
        if start > 2 * MAX_EMPTY_LINES:
            raise BadHead(BAD_HEAD)
    end = data.find(b"\r\n\r\n", start)
    if (end if end >= 0 else len(data)) - start > MAX_HEAD:
        raise BadHead(HEAD_TOO_LARGE)
    return None if end < 0 else (bytes(data[start:end]), end + 4)


def read(raw: bytes) -> Head:
    """Reads a head. Raises `BadHead` if it is none, or if two readers could read two."""
    lines = raw.split(b"\r\n")
    if b"\0" in raw or any(b"\r" in line or b"\n" in line for line in lines):
        raise BadHead(BAD_HEAD)
    words = lines[0].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        raise BadHead(BAD_HEAD)
    method, target, version = words
    if version not in (b"HTTP/1.0", b"HTTP/1.1"):
        raise BadHead(VERSION)
    fields: Dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise BadHead(BAD_HEAD)
        name, value = name.lower(), value.strip(b" \t")
        if name in fields:
            if name == b"content-length":
                raise BadHead(BAD_LENGTH)
            if name in (b"host", b"transfer-encoding", b"content-encoding", b"authorization"):
                raise BadHead(BAD_HEAD)
            value = fields[name] + b", " + value
        fields[name] = value
    # A client that takes the server for a proxy names it in the target.
    if target.startswith(b"http://"):
        authority, slash, path = target[7:].partition(b"/")
        fields[b"host"], target = authority, slash + path or b"/"
    if version == b"HTTP/1.1" and b"host" not in fields:
        raise BadHead(NO_HOST)
    head = Head(method, target.partition(b"?")[0], version, fields)
    _read_length(head)
    return head


def _read_length(head: Head) -> None:
    length = head.fields.get(b"content-length")
    if b"transfer-encoding" in head.fields:
        raise BadHead(LENGTH_REQUIRED if length is None else BAD_HEAD)
    if length is None:
        if head.method == b"POST":
            raise BadHead(LENGTH_REQUIRED)
        return
    if not length.isdigit():
        raise BadHead(BAD_LENGTH)
    # A longer one is above any limit.
    head.length = int(length) if len(length) < 18 else 10**18
