"""The processes that run the functions, and the calls that wait for one.

| a slot | becomes | when |
| --- | --- | --- |
| pausing | starting | its pause has passed, or it is the first start |
| starting | idle | its process says that it is ready |
| starting | pausing | the process can't be forked, dies, or its setup fails |
| idle | busy | it gets a call |
| busy | idle | its process answers |
| busy | ending | its call is cancelled or late |
| ending | idle | its process has stopped its work |
| ending | killed | the grace has passed |
| idle, busy, ending, killed | starting | its process ends; at the end of the server, closed |

A call that is ending has been answered, and its process is killed after a grace.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import signal
import socket
import struct
from collections import deque
from typing import Callable, Deque, Dict, List, Optional

from reparte._server import faults, spawner
from reparte._server.calls import Call, Outcome
from reparte._server.faults import FaultResponse
from reparte._server.process import Process, Slot, end_text
from reparte._server.worker import FAULT, FRAME, READY, TASK, UNFIT, VALUE
from reparte.errors import HostUnfit

log = logging.getLogger("reparte.server")

# The pause after a failed start, doubled each time up to the last.
FIRST_PAUSE = 0.1
LAST_PAUSE = 5.0


class Pool:
    """All processes, and the queue. It lives on the event loop's thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        control: socket.socket,
        plan: spawner.Plan,
        slots: int,
        queue: int,
        recycle: int,
        cancel_grace: float,
    ) -> None:
        self.loop = loop
        self.control = control
        self.plan = plan
        self.queue_limit = queue
        self.recycle = recycle
        self.cancel_grace = cancel_grace
        self.slots = [Slot(index) for index in range(slots)]
        self.calls: Dict[int, Call] = {}
        self.queue: Deque[Call] = deque()
        self.idle: List[Slot] = []
        self.processes: Dict[int, Process] = {}
        self.last_number = 0
        self.last_call = 0
        self.messages = bytearray()
        self.unfit = ""  # The reason why no process can be started, while that is so.
        self.is_closing = False
        self.on_lost: Optional[Callable[[], None]] = None  # Called if the spawner dies.
        self.changed = asyncio.Event()  # Set when a call or a process ends.

    def start(self) -> None:
        self.control.setblocking(False)
        self.loop.add_reader(self.control.fileno(), self._read_control)
        for slot in self.slots:
            self._start(slot)

    # Calls.

    def submit(self, call: Call, deadline: float) -> None:
        """Takes a call, which ends by its `done`, at once if there is no room for it."""
        if self.is_closing:
            self._finish(call, Outcome(refusal="stopping"))
            return
        if self.unfit and not any(slot.state in ("idle", "busy", "ending") for slot in self.slots):
            self._finish(call, Outcome(fault=FaultResponse(HostUnfit.CODE, self.unfit)))
            return
        if not self.idle and len(self.queue) >= self.queue_limit:
            self._finish(call, Outcome(refusal="busy"))
            return
        self.last_call += 1
        call.number = self.last_call
        self.calls[call.number] = call
        call.timer = self.loop.call_later(deadline, self._late, call)
        if self.idle:
            self._give(self.idle.pop(), call)
        else:
            self.queue.append(call)

    def cancel(self, call_id: str) -> bool:
        """Cancels all calls with this id. Returns whether there were any."""
        found = [call for call in self.calls.values() if call.id == call_id]
        for call in found:
            self.end_call(call, "cancelled")
        return bool(found)

    def end_call(self, call: Call, refusal: str) -> None:
        """Ends a call that waits or runs, without its result."""
        if call.number not in self.calls:
            return
        slot = call.slot
        if slot is None:
            self.queue.remove(call)
        else:
            self._stop_work(slot, call)
        self._finish(call, Outcome(refusal=refusal))

    def _late(self, call: Call) -> None:
        self.end_call(call, "late" if call.slot else "late in queue")

    def _finish(self, call: Call, outcome: Outcome) -> None:
        self.calls.pop(call.number, None)
        if call.timer:
            call.timer.cancel()
        call.body = b""
        self.changed.set()
        done, call.done = call.done, None
        if done:
            done(outcome)

    def abort(self) -> None:
        """Ends all calls without an answer."""
        for call in list(self.calls.values()):
            self.end_call(call, "broken off")

    # Slots.

    def _give(self, slot: Slot, call: Call) -> None:
        process = slot.process
        if process is None:  # It never is, of an idle slot.
            self.queue.appendleft(call)
            return
        slot.state = "busy"
        slot.call = call
        call.slot = slot
        process.send(FRAME.pack(call.number, TASK, len(call.body)) + call.body)

    def _free(self, slot: Slot) -> None:
        """Gives an idle slot the next call, or a new process."""
        slot.call = None
        if slot.kill_timer:
            slot.kill_timer.cancel()
            slot.kill_timer = None
        if self.is_closing:
            return self._retire(slot)
        if self.recycle and slot.answers >= self.recycle:
            self._retire(slot)
            return self._start(slot)
        slot.state = "idle"
        if self.queue:
            self._give(slot, self.queue.popleft())
        else:
            self.idle.append(slot)

    def _retire(self, slot: Slot) -> None:
        """Has a process end by itself: it finds its socket closed."""
        process, slot.process = slot.process, None
        slot.state = "closed"
        if process:
            self.loop.remove_reader(process.channel.fileno())
            try:
                process.channel.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It has ended already.
            # Some threads never let an interpreter end.
            self.loop.call_later(self.cancel_grace, self._signal, process.number, signal.SIGKILL)

    def _stop_work(self, slot: Slot, call: Call) -> None:
        """Has a process stop its work on a call, and kills it if it does not."""
        slot.state = "ending"
        slot.call = None
        process = slot.process
        if process is None:
            return
        try:
            os.write(process.cancel_end, struct.pack(">Q", call.number))
        except OSError:
            pass
        self._signal(process.number, signal.SIGTERM)
        slot.kill_timer = self.loop.call_later(self.cancel_grace, self._kill, slot, process)

    def _kill(self, slot: Slot, process: Process) -> None:
        """Kills a process that has not stopped its work. What it may still answer comes too late."""
        slot.state = "killed"
        self._signal(process.number, signal.SIGKILL)

    def _signal(self, number: int, signal_number: int) -> None:
        if number in self.processes:
            self._tell(spawner.SIGNAL, number, signal_number)

    def _tell(self, kind: bytes, number: int, value: int, descriptors: "tuple[int, ...]" = ()) -> bool:
        try:
            spawner.send(self.control, kind, number, value, list(descriptors))
        except OSError as error:
            log.debug("the spawner can't be told: %s", error)
            return False
        return True

    # Processes.

    def _start(self, slot: Slot) -> None:
        if self.is_closing:
            slot.state = "closed"
            return
        self.last_number += 1
        slot.state = "starting"
        slot.answers = 0
        try:
            process = Process(self.loop, self.last_number, slot)
        except OSError as error:
            return self._failed_start(slot, f"this server is short of descriptors or space: {error}", False)
        slot.process = process
        self.processes[process.number] = process
        self.loop.add_reader(process.channel.fileno(), self._read, process)
        is_told = self._tell(spawner.START, process.number, slot.index, tuple(process.descriptors()))
        process.sent()
        if not is_told:
            self._drop(process)
            self._failed_start(slot, "the process that starts others does not take requests", False)

    def _failed_start(self, slot: Slot, reason: str, is_unfit: bool) -> None:
        slot.process = None
        if slot.pause == 0.0:
            log.error("a process can't be started, and is tried again: %s", reason)
        slot.pause = min(LAST_PAUSE, slot.pause * 2 or FIRST_PAUSE)
        slot.state = "pausing"
        self.loop.call_later(slot.pause, self._start, slot)
        # Setups may take so long that one is always at work: those that have failed count.
        if not all(other.pause and other.state in ("pausing", "starting") for other in self.slots):
            return
        # No other process is there, and the last start of each has failed.
        if is_unfit:
            self.unfit = reason
        outcome = Outcome(fault=FaultResponse(HostUnfit.CODE, reason)) if is_unfit else Outcome(refusal="no room")
        while self.queue:
            self._finish(self.queue.popleft(), outcome)

    def _read_control(self) -> None:
        try:
            data = self.control.recv(spawner.MESSAGE.size * 64)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.loop.remove_reader(self.control.fileno())
            if self.on_lost:
                self.on_lost()
            return
        self.messages += data
        size = spawner.MESSAGE.size
        while len(self.messages) >= size:
            kind, number, value = spawner.MESSAGE.unpack(bytes(self.messages[:size]))
            del self.messages[:size]
            process = self.processes.get(number)
            if process is None:
                continue
            if kind == spawner.NOT_STARTED:
                self._drop(process)
                told = os.strerror(value)
                is_unfit = value not in (errno.EAGAIN, errno.ENOMEM)
                self._failed_start(process.slot, f"no process could be forked: {told}", is_unfit)
            elif kind == spawner.ENDED:
                # Its last answer may not have been read yet.
                self._read(process)
                self._ended(process, value)

    def _read(self, process: Process) -> None:
        if process.slot.process is not process:
            return
        for number, kind, data in process.frames():
            self._answered(process.slot, number, kind, data)

    def _answered(self, slot: Slot, number: int, kind: int, data: bytes) -> None:
        if kind == READY:
            slot.pause = 0.0
            self.unfit = ""
            return self._free(slot)
        if kind == UNFIT:
            process = slot.process
            if process:
                self.loop.remove_reader(process.channel.fileno())
            return self._failed_start(slot, "its setup failed: " + data.decode("utf-8", "replace"), True)
        if slot.state == "killed":
            return  # It takes no further call. Its end is told soon.
        call = slot.call
        slot.answers += 1
        if call is None or call.number != number:
            # The end of a call that was cancelled.
            return self._free(slot)
        if kind == VALUE:
            outcome = Outcome(value=data)
        elif kind == FAULT:
            code, text = json.loads(data)
            outcome = Outcome(fault=FaultResponse(code, text))
        else:
            outcome = Outcome(refusal="cancelled")
        # First the next call, and then the answer: the process does not wait for it.
        self._free(slot)
        self._finish(call, outcome)

    def _drop(self, process: Process) -> None:
        del self.processes[process.number]
        process.close()

    def _ended(self, process: Process, status: int) -> None:
        slot = process.slot
        crash = process.crash_text()
        self._drop(process)
        self.changed.set()
        if slot.process is not process:
            return
        slot.process = None
        if slot.kill_timer:
            slot.kill_timer.cancel()
            slot.kill_timer = None
        told = end_text(status)
        state, call, slot.call = slot.state, slot.call, None
        if state == "starting":
            return self._failed_start(slot, "\n".join(filter(None, [f"its process {told} in its setup", crash])), True)
        if state == "idle":
            self.idle.remove(slot)
            log.warning("an idle process %s; another one is started", told)
        if state == "busy" and call:
            call.slot = None
            if self.plan.begun_by(slot.index) == call.number:
                text = f"the process that ran {call.method} {told}"
                log.warning("%s; another one is started", text)
                text = "\n".join(filter(None, [text, crash]))
                self._start(slot)
                self._finish(call, Outcome(fault=FaultResponse(faults.APPLICATION, text)))
                return
            # It had not read the call.
            log.warning("a process %s before it had read a call, which goes to another one", told)
            if self.is_closing:
                self._finish(call, Outcome(refusal="stopping"))
            elif self.idle:
                self._give(self.idle.pop(), call)
            else:
                self.queue.appendleft(call)
        self._start(slot)

    # The end.

    def close(self) -> None:
        """Has all processes end once they have no call. Calls that wait go elsewhere at once."""
        self.is_closing = True
        while self.queue:
            self._finish(self.queue.popleft(), Outcome(refusal="stopping"))
        for slot in list(self.idle):
            self._retire(slot)
        self.idle.clear()

    async def wait_for_calls(self) -> None:
        """Waits until no call is left."""
        while self.calls:
            self.changed.clear()
            await self.changed.wait()

    async def wait_for_processes(self) -> None:
        """Waits until no process is left, after `close`."""
        while self.processes:
            self.changed.clear()
            await self.changed.wait()

    def kill(self) -> None:
        """Kills what is left: the spawner does it at the end of its socket."""
        self.loop.remove_reader(self.control.fileno())
        self.control.close()
        for process in list(self.processes.values()):
            self._drop(process)
