"""The state that all connections share: the rules, the memory, and the answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from typing import Any, Callable, Coroutine, Dict, List, Optional, Sequence, Tuple

from reparte._server import documents, faults, heads
from reparte._server.access import Access, is_same_origin
from reparte._server.calls import Call, Outcome
from reparte._server.connection import Connection
from reparte._server.faults import FaultResponse, Refused
from reparte._server.functions import Function
from reparte._server.heads import Head, Refusal
from reparte._server.methods import MULTICALL, OwnMethods, read_multicall
from reparte._server.pool import Pool
from reparte._server.time_left import seconds_left

log = logging.getLogger("reparte.server")

# The bytes of a call that is decoded on the event loop; a longer one is by a thread, so that others do not wait.
MAX_DECODED_AT_ONCE = 64 * 1024

_REFUSALS = {
    "busy": heads.BUSY,
    "no room": heads.NO_ROOM,
    "stopping": heads.STOPPING,
    "cancelled": heads.CANCELLED,
    "late": heads.LATE,
    "late in queue": heads.LATE_IN_QUEUE,
}

# A function that stops what was begun for a request.
Stop = Callable[[], None]


class Limits:
    """The limits of a server."""

    def __init__(self, request: int, answer: int, memory: int, deadline: float, connections: int) -> None:
        self.request = request
        self.answer = answer
        self.memory = memory
        self.deadline = deadline
        self.connections = connections


class Service:
    """The state that the connections of a server share. It lives on the event loop's thread."""

    def __init__(
        self,
        pool: Pool,
        functions: Dict[str, Function],
        access: Access,
        limits: Limits,
        instance: str,
        version: str,
        ends_at: Optional[float] = None,
    ) -> None:
        self.pool = pool
        self.functions = functions
        self.access = access
        self.limits = limits
        self.instance = instance
        self.version = version
        self.ends_at = ends_at
        self.own = OwnMethods(functions, self._status, pool.cancel)
        self.held = 0
        self.refused = 0
        self.unnamed = 0
        self.is_stopping = False
        self.connections: "set[Connection]" = set()
        self.idle: "OrderedDict[Connection, None]" = OrderedDict()

    # Connections.

    def admit(self, connection: Connection) -> bool:
        """Takes a connection. At the limit it gets the place of the one that is idle for longest."""
        if len(self.connections) >= self.limits.connections:
            if not self.idle:
                self.connections.add(connection)
                return False
            oldest = next(iter(self.idle))
            self.set_busy(oldest)
            oldest.close_if_idle()  # It is: it has neither a part of a request nor one of an answer.
        self.connections.add(connection)
        return True

    def dismiss(self, connection: Connection) -> None:
        """Forgets a connection that is closed."""
        self.connections.discard(connection)
        self.idle.pop(connection, None)

    def set_idle(self, connection: Connection) -> None:
        """Notes that a connection waits for a request."""
        self.idle[connection] = None
        self.idle.move_to_end(connection)

    def set_busy(self, connection: Connection) -> None:
        """Notes that a connection has a request."""
        self.idle.pop(connection, None)

    def reserve(self, size: int) -> bool:
        """Takes a share of the memory for requests. Returns whether there was enough."""
        if self.held + size > self.limits.memory:
            return False
        self.held += size
        return True

    def release(self, size: int) -> None:
        """Gives a share of the memory back."""
        self.held -= size

    def count_refused(self) -> None:
        """Counts a request that no function answered."""
        self.refused += 1

    # Requests.

    def check(self, head: Head, local: str) -> Optional[Refusal]:
        """Returns why a request is refused, if it is."""
        fields = head.fields
        is_health = head.method in (b"GET", b"HEAD") and head.path == b"/health"
        if not is_health and not self.access.has_token(fields.get(b"authorization", b"")):
            return heads.UNAUTHORIZED
        host = fields.get(b"host")
        if host is not None and not self.access.is_own_host(host, local):
            return heads.FOREIGN_HOST
        origin = fields.get(b"origin")
        if origin is not None and not is_same_origin(origin, host or b""):
            return heads.FOREIGN_ORIGIN
        if is_health:
            # A body would take memory without a token, and nobody needs one.
            return heads.TOO_LARGE if head.length else None
        if head.path not in (b"/", b"/RPC2"):
            return heads.NOT_FOUND
        if head.method != b"POST":
            return heads.NOT_ALLOWED
        if not head.is_xml():
            return heads.MEDIA_TYPE
        if fields.get(b"content-encoding", b"identity").lower() != b"identity":
            return heads.CONTENT_CODING
        if head.length > self.limits.request:
            return heads.TOO_LARGE
        return None

    def answer(self, connection: Connection, head: Head, body: bytes) -> Optional[Stop]:
        """Answers a request, at once or later. Returns how to stop, if it is later."""
        if head.method != b"POST":
            connection.send(b"ok\n" if head.method == b"GET" else b"", "text/plain")
            return None
        name = documents.usual_method_name(body)
        if name in self.functions:
            return self._run(connection, head, name, body)
        if len(body) > MAX_DECODED_AT_ONCE:
            return self._in_task(connection, self._answer_long(connection, head, body))
        return self._answer_decoded(connection, head, body, lambda: documents.decode_call(body))

    async def _answer_long(self, connection: Connection, head: Head, body: bytes) -> None:
        decoded = connection.loop.run_in_executor(None, documents.decode_call, body)
        await asyncio.wait([decoded])
        connection.stop_call = self._answer_decoded(connection, head, body, decoded.result)

    def _answer_decoded(
        self, connection: Connection, head: Head, body: bytes, decode: Callable[[], Tuple[str, Sequence[Any]]]
    ) -> Optional[Stop]:
        """Answers a call that has to be read as a whole to know what it calls."""
        try:
            name, params = decode()
            if name in self.functions:
                return self._run(connection, head, name, body)
            if name == MULTICALL:
                return self._in_task(connection, self._multicall(connection, head, read_multicall(params)))
            answer = documents.response(documents.encode_value(self.own.answer(name, params)))
        except Refused as refused:
            answer = documents.fault_response(refused.fault)
        connection.send(answer)
        return None

    def _run(self, connection: Connection, head: Head, name: str, body: bytes) -> Optional[Stop]:
        def done(outcome: Outcome) -> None:
            log.info("%s: %s in %.3f s: %s", connection.peer, name, connection.loop.time() - began, _word(outcome))
            try:
                _send(connection, outcome)
            except Exception:
                # Its client would wait for ever.
                log.exception("the answer of %s can't be written", name)
                connection.break_off()

        began = connection.loop.time()
        call = Call(self._call_id(head), name, body, done)
        self.pool.submit(call, self._deadline(head))
        if call.done is None:
            return None

        def stop() -> None:
            call.done = None
            self.pool.end_call(call, "cancelled")

        return stop

    def _in_task(self, connection: Connection, work: Coroutine[Any, Any, None]) -> Stop:
        def ended(task: "asyncio.Task[None]") -> None:
            error = None if task.cancelled() else task.exception()
            if error is not None:
                # Its client would wait for ever.
                log.error("a request can't be answered", exc_info=error)
                connection.break_off()

        def stop() -> None:
            task.cancel()

        task = connection.loop.create_task(work)
        task.add_done_callback(ended)
        return stop

    async def _multicall(self, connection: Connection, head: Head, calls: List[Any]) -> None:
        call_id, late = self._call_id(head), connection.loop.time() + self._deadline(head)
        parts: List[bytes] = []
        size = 0
        for entry in calls:
            outcome = await self._part(entry, call_id, late - connection.loop.time())
            if outcome.refusal == "broken off":
                return connection.break_off()
            if outcome.refusal:
                return connection.refuse(_REFUSALS[outcome.refusal])
            if outcome.fault is not None:
                parts.append(documents.fault_value(outcome.fault))
            else:
                parts.append(b"<value><array><data>%s</data></array></value>" % (outcome.value or b""))
            size += len(parts[-1])
            if size > self.limits.answer:
                told = f"the results together have more bytes than max_answer, {self.limits.answer}"
                fault = FaultResponse(faults.APPLICATION, told)
                return connection.send(documents.fault_response(fault))
        whole = b"<value><array><data>%s</data></array></value>" % b"".join(parts)
        connection.send(documents.response(whole))

    async def _part(self, entry: Any, call_id: str, time_left: float) -> Outcome:
        """Returns the outcome of one call of a multicall."""
        if isinstance(entry, FaultResponse):
            return Outcome(fault=entry)
        name, params = entry
        try:
            if name not in self.functions:
                return Outcome(value=documents.encode_value(self.own.answer(name, params)))
            body = documents.call(name, params)
        except Refused as refused:
            return Outcome(fault=refused.fault)
        future: "asyncio.Future[Outcome]" = asyncio.get_event_loop().create_future()

        def done(outcome: Outcome) -> None:
            if not future.done():
                future.set_result(outcome)

        call = Call(call_id, name, body, done)
        self.pool.submit(call, max(0.0, time_left))
        try:
            return await future
        finally:
            # It does nothing if the call has ended.
            self.pool.end_call(call, "cancelled")

    def _call_id(self, head: Head) -> str:
        """Returns the client's id for its call, or one of ours, so that every call can be cancelled."""
        call_id = head.call_id()
        if not call_id:
            self.unnamed += 1
            # No client's id has a tilde.
            call_id = f"~{self.unnamed}"
        return call_id

    def _deadline(self, head: Head) -> float:
        deadline = head.deadline()
        # The event loop's clock takes no longer time.
        return self.limits.deadline if deadline is None else min(deadline, 1e7)

    def _status(self) -> Dict[str, Any]:
        now = time.monotonic()
        # In the order in which they came.
        calls = [
            {
                "id": call.id,
                "method": call.method,
                "age_ms": int((now - call.came) * 1000),
                "running": call.slot is not None,
            }
            for call in self.pool.calls.values()
        ]
        status: Dict[str, Any] = {
            "instance": self.instance,
            "version": self.version,
            "slots": len(self.pool.slots),
            "busy": sum(call.slot is not None for call in self.pool.calls.values()),
            "calls": calls,
        }
        if self.ends_at is not None:
            status["seconds_left"] = seconds_left(self.ends_at)
        return status


def _send(connection: Connection, outcome: Outcome) -> None:
    if outcome.value is not None:
        connection.send(documents.response(outcome.value))
    elif outcome.fault is not None:
        connection.send(documents.fault_response(outcome.fault))
    elif outcome.refusal == "broken off":
        connection.break_off()
    else:
        connection.refuse(_REFUSALS[outcome.refusal])


def _word(outcome: Outcome) -> str:
    if outcome.fault is not None:
        return f"fault {outcome.fault.code}"
    return outcome.refusal or "result"
