"""A client's connection: requests, one after the other, and their answers.

| a connection | becomes | when |
| --- | --- | --- |
| idle | reading | the first byte of a request comes |
| reading | answering | the request is whole |
| reading, answering | writing | the answer is there, and the client keeps the connection |
| writing | idle | the client's system has taken all of the answer |
| any | closed | the client goes, the answer was the last one, or a time limit passes |

A client that goes while its call waits or runs has the call cancelled. One that has said
`Connection: close`, or speaks HTTP/1.0, may close its writing side and wait for the answer.

Requests that came ahead wait for the client to read: while it is writing, none is looked at.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any, Callable, List, Optional, cast

from reparte._server import descriptors, heads
from reparte._server.heads import BadHead, Head, Refusal

if TYPE_CHECKING:
    from reparte._server.service import Service

HEAD_TIMEOUT = 30.0
BODY_TIMEOUT = 30.0
WRITE_TIMEOUT = 60.0
# The time for which the rest of a refused body is read and dropped.
LINGER = 2.0
# The silence after which a client's machine is asked whether it is there, in seconds.
KEEPALIVE = 15
# What may be read beyond the request that is being answered.
MAX_AHEAD = 64 * 1024


class Connection(asyncio.Protocol):
    """The connection of one client."""

    def __init__(self, service: "Service") -> None:
        self.service = service
        self.loop = asyncio.get_event_loop()
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.local = ""
        self.peer = ""
        self.socket: Any = None
        self.data = bytearray()
        self.head: Optional[Head] = None
        self.body: List[bytes] = []
        self.missing = 0  # The bytes of the body that have not come.
        self.held = 0  # The bytes that count against the service's memory.
        self.is_answering = False
        self.is_paused = False  # Whether a part of an answer waits for the client to read.
        self.is_due = False  # Whether the next request, which has come, is about to be read.
        self.is_closing = False
        self.timer: Optional[asyncio.TimerHandle] = None
        self.stop_call: Optional[Callable[[], None]] = None

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        # To know when an answer has been written. With 0 asyncio's TLS pauses if there is nothing left.
        self.transport.set_write_buffer_limits(high=1, low=0)
        self.local = str((transport.get_extra_info("sockname") or ("",))[0])
        self.peer = str((transport.get_extra_info("peername") or ("",))[0])
        self.socket = transport.get_extra_info("socket")
        descriptors.keep(self.socket)
        _keep_alive(self.socket)
        if self.service.admit(self):
            self.service.set_idle(self)
            self._set_timer(HEAD_TIMEOUT)
        else:
            self._refuse(heads.CONNECTIONS)

    def connection_lost(self, error: Optional[Exception]) -> None:
        self.is_closing = True
        self._set_timer(None)
        self._stop_call()
        self._release()
        self.service.dismiss(self)
        descriptors.forget(self.socket)
        try:
            # The client sees it even if a process that was forked at this moment has a copy.
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It is closed.

    def eof_received(self) -> bool:
        head = self.head
        is_tls = self.transport.get_extra_info("sslcontext") is not None
        # Whoever sends no more may wait for an answer.
        if self.is_answering and head is not None and not head.keeps_alive() and not is_tls:
            return True
        self._stop_call()
        return False

    def data_received(self, data: bytes) -> None:
        if self.is_closing:
            return
        if self.head is not None and not self.is_answering:
            self._add_body(data)
        else:
            self.data += data
            # One that sends a request byte by byte is not idle.
            self.service.set_busy(self)
            if not self._is_ahead():
                self._read_head()
        self._regulate_reading()

    def pause_writing(self) -> None:
        self.is_paused = True
        self._set_timer(WRITE_TIMEOUT)

    def resume_writing(self) -> None:
        self.is_paused = False
        if self.is_closing:
            return
        if self.head is None:
            self._set_timer(None)
            self._go_on()
        else:
            self._set_timer(None if self.is_answering else BODY_TIMEOUT)

    # Reading.

    def _is_ahead(self) -> bool:
        """Returns whether the next request has to wait for what is done before it."""
        return self.is_answering or self.is_paused or self.is_due

    def _regulate_reading(self) -> None:
        if self.is_closing:
            return
        if self._is_ahead() and len(self.data) > MAX_AHEAD:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _read_head(self) -> None:
        try:
            found = heads.split(self.data)
            if found is None:
                if self.timer is None:
                    self._set_timer(HEAD_TIMEOUT)
                return
            raw, end = found
            head = heads.read(raw)
        except BadHead as bad:
            return self._refuse(bad.refusal)
        del self.data[:end]
        self.head = head
        self.service.set_busy(self)
        refusal = self.service.check(head, self.local)
        if refusal is not None:
            is_whole = len(self.data) >= head.length
            self.missing = max(0, head.length - len(self.data))
            del self.data[: head.length]
            return self._refuse(refusal, is_whole and head.keeps_alive())
        self.missing = head.length
        self._set_timer(BODY_TIMEOUT)
        if self.missing and not self.data and head.expects_continue():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        ahead = bytes(self.data)
        self.data.clear()
        self._add_body(ahead)

    def _add_body(self, data: bytes) -> None:
        part = data[: self.missing]
        if len(data) > len(part):
            self.data += data[len(part) :]
        if part:
            self.missing -= len(part)
            if not self.service.reserve(len(part)):
                return self._refuse(heads.NO_MEMORY)
            self.held += len(part)
            self.body.append(part)
        if self.missing:
            return
        body = b"".join(self.body)
        self.body.clear()
        self.is_answering = True
        self._set_timer(None)
        head = self.head
        if head is not None:
            self.stop_call = self.service.answer(self, head, body)

    # Answering.

    def send(self, body: bytes, content_type: str = "text/xml; charset=utf-8") -> None:
        """Sends the answer of the request."""
        self._write(f"200 OK\r\nContent-Type: {content_type}\r\n", body, self._goes_on())

    def refuse(self, refusal: Refusal) -> None:
        """Answers the request, which is whole, with a refusal."""
        self._refuse(refusal, self._goes_on())

    def break_off(self) -> None:
        """Closes the connection in place of an answer."""
        self.stop_call = None
        self.transport.abort()

    def close_if_idle(self) -> None:
        """Closes the connection unless a request or an answer is on its way."""
        if self.head is None and not self.data and not self.is_paused:
            self._close()

    def _goes_on(self) -> bool:
        return self.head is not None and self.head.keeps_alive() and not self.service.is_stopping

    def _refuse(self, refusal: Refusal, goes_on: bool = False) -> None:
        self.service.count_refused()
        text = refusal.text
        if self.head is not None and self.head.method == b"HEAD":
            text = ""
        head = f"{refusal.status}\r\nContent-Type: text/plain\r\n{refusal.header}"
        self._write(head, text.encode("ascii"), goes_on)

    def _write(self, head: str, body: bytes, goes_on: bool) -> None:
        if self.is_closing:
            return
        self.stop_call = None
        self._release()
        close = "" if goes_on else "Connection: close\r\n"
        start = f"HTTP/1.1 {head}Content-Length: {len(body)}\r\n{close}\r\n".encode("latin-1")
        self.is_answering = False
        self._set_timer(None)
        # It calls `pause_writing` if the client does not read.
        self.transport.write(start + body)
        if not goes_on:
            return self._close_after()
        self.head = None
        if self.is_paused:
            # What was written before may wait too.
            self._set_timer(WRITE_TIMEOUT)
        else:
            self._go_on()

    def _go_on(self) -> None:
        """Goes on with the next request, now that the client has the last answer."""
        if self.data:
            self.is_due = True
            self.loop.call_soon(self._next_request)
        else:
            self.service.set_idle(self)

    def _next_request(self) -> None:
        self.is_due = False
        if not self.is_closing and self.head is None and not self.is_paused:
            self._read_head()
        self._regulate_reading()

    # The end.

    def _close_after(self) -> None:
        """Closes the connection once the client has the answer, which it may not have read yet."""
        if self.head is None or not self.missing or not self.transport.can_write_eof():
            return self._close()
        # The rest of a refused body is on its way. If it met a closed socket, the client's system
        # would drop the answer.
        self.is_closing = True
        self.transport.resume_reading()
        self.transport.write_eof()
        self._set_timer(LINGER)

    def _close(self) -> None:
        self.is_closing = True
        self.transport.close()
        # A client that does not read what is left keeps the connection no longer than this.
        self._set_timer(WRITE_TIMEOUT)

    def _stop_call(self) -> None:
        stop_call, self.stop_call = self.stop_call, None
        if stop_call is not None:
            stop_call()

    def _release(self) -> None:
        self.service.release(self.held)
        self.held = 0
        self.body.clear()

    def _set_timer(self, seconds: Optional[float]) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if seconds is not None:
            self.timer = self.loop.call_later(seconds, self._time_out)

    def _time_out(self) -> None:
        self.timer = None
        if self.is_closing or self.is_paused or self.transport.get_write_buffer_size():
            self.transport.abort()
        elif self.head is not None or self.data:
            self._refuse(heads.TOO_SLOW)
        else:
            self._close()


def _keep_alive(client: "Optional[socket.socket]") -> None:
    if client is None:
        return
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in [("TCP_KEEPIDLE", KEEPALIVE), ("TCP_KEEPINTVL", KEEPALIVE // 3), ("TCP_KEEPCNT", 3)]:
        option = getattr(socket, name, None)
        if option is not None:
            client.setsockopt(socket.IPPROTO_TCP, option, value)
