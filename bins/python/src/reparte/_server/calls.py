"""A call of a function, and its outcome."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Callable, Optional

from reparte._server.faults import FaultResponse

if TYPE_CHECKING:
    from reparte._server.process import Slot


class Call:
    """A call that waits or runs. `done` gets its one outcome."""

    __slots__ = ("id", "method", "body", "came", "slot", "done", "number", "timer")

    def __init__(self, call_id: str, method: str, body: bytes, done: Callable[["Outcome"], None]) -> None:
        self.id = call_id
        self.method = method
        self.body = body
        self.came = time.monotonic()
        self.slot: Optional[Slot] = None  # None while it waits.
        self.done: Optional[Callable[[Outcome], None]] = done
        self.number = 0
        self.timer: Optional[asyncio.TimerHandle] = None


class Outcome:
    """The end of a call: a value as an element, a fault, or a refusal's name."""

    __slots__ = ("value", "fault", "refusal")

    def __init__(
        self, value: Optional[bytes] = None, fault: Optional[FaultResponse] = None, refusal: str = ""
    ) -> None:
        self.value = value
        self.fault = fault
        self.refusal = refusal
