"""A worker as the server sees it: its slot, its descriptors, and its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from itertools import takewhile
from typing import IO, Iterator, List, Optional, Tuple

from reparte._server import descriptors, worker
from reparte._server.calls import Call
from reparte._server.worker import FRAME

# The most bytes of what a process that crashes tells of its end.
MAX_CRASH_TEXT = 8_000
# The bytes that are read at once.
_CHUNK = 1 << 18


class Slot:
    """The place of one process after the other. The table of `pool` has its states."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.state = "pausing"
        self.process: Optional[Process] = None
        self.call: Optional[Call] = None
        self.answers = 0
        self.pause = 0.0
        self.kill_timer: Optional[asyncio.TimerHandle] = None


class Process:
    """A worker, from the request to start it until its end is told."""

    def __init__(self, loop: asyncio.AbstractEventLoop, number: int, slot: Slot) -> None:
        self.loop = loop
        self.number = number
        self.slot = slot
        self.channel, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.crash: IO[bytes]
        try:
            self.cancels, self.cancel_end = os.pipe()
            try:
                self.crash = tempfile.TemporaryFile()
            except BaseException:
                os.close(self.cancels)
                os.close(self.cancel_end)
                raise
        except BaseException:
            self.channel.close()
            self.theirs.close()
            raise
        descriptors.keep(self.channel)
        self.channel.setblocking(False)
        os.set_blocking(self.cancel_end, False)
        self.unsent = memoryview(b"")
        self.received = bytearray()

    def descriptors(self) -> List[int]:
        """Returns the worker's descriptors."""
        return [self.theirs.fileno(), self.cancels, self.crash.fileno()]

    def sent(self) -> None:
        """Closes the ends that the spawner has got."""
        self.theirs.close()
        os.close(self.cancels)

    def send(self, data: bytes) -> None:
        """Sends what the worker reads, now or as it reads."""
        if self.unsent:
            self.unsent = memoryview(bytes(self.unsent) + data)
            return
        self.unsent = memoryview(data)
        self._write()
        if self.unsent:
            self.loop.add_writer(self.channel.fileno(), self._write)

    def _write(self) -> None:
        try:
            while self.unsent:
                sent = self.channel.send(self.unsent)
                self.unsent = self.unsent[sent:]
        except BlockingIOError:
            return
        except OSError:
            self.unsent = memoryview(b"")  # It has ended, as the spawner tells.
        self.loop.remove_writer(self.channel.fileno())

    def frames(self) -> Iterator[Tuple[int, int, bytes]]:
        """Reads the frames that have come: the number of a call, a kind, and the rest."""
        self._receive()
        while len(self.received) >= FRAME.size:
            number, kind, length = FRAME.unpack_from(self.received)
            end = FRAME.size + length
            if len(self.received) < end:
                return
            data = bytes(self.received[FRAME.size : end])
            del self.received[:end]
            yield number, kind, data

    def _receive(self) -> None:
        try:
            while True:
                data = self.channel.recv(_CHUNK)
                self.received += data
                if not data:
                    self.loop.remove_reader(self.channel.fileno())
                if len(data) < _CHUNK:
                    return
        except BlockingIOError:
            pass
        except OSError:
            self.loop.remove_reader(self.channel.fileno())

    def crash_text(self) -> str:
        """Returns what Python has told of a crash, if it was one."""
        try:
            told = os.pread(self.crash.fileno(), MAX_CRASH_TEXT, 0)
        except OSError:
            return ""
        # The frames of the package are of no use to anyone.
        lines = told.decode("utf-8", "replace").splitlines()
        return "\n".join(takewhile(lambda line: worker.__file__ not in line, lines)).rstrip()

    def close(self) -> None:
        """Closes all descriptors."""
        self.loop.remove_reader(self.channel.fileno())
        self.loop.remove_writer(self.channel.fileno())
        descriptors.forget(self.channel)
        try:
            self.channel.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # Its other end is closed.
        self.channel.close()
        os.close(self.cancel_end)
        self.crash.close()


def end_text(status: int) -> str:
    """Returns the end of a process in words."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        hint = ", perhaps since the machine had no memory left" if number == signal.SIGKILL else ""
        return f"was killed by {name}{hint}"
    return f"ended with status {os.WEXITSTATUS(status)}"
