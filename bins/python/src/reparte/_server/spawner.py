"""A process without threads that forks the workers, since the server has threads or gets them.

The server asks it for a process, or to send a signal to one. It tells the server of each process
that it has started, and of each that has ended. So a signal never goes to a stranger that has
got the number of a process that has ended. At the end of its socket, which is the server's end,
it kills all that is left.

It is forked before anything else happens. So the workers have what the program has loaded.
"""

from __future__ import annotations

import array
import gc
import mmap
import os
import select
import signal
import socket
import struct
import sys
import traceback
from typing import Any, Callable, Dict, Iterator, List, NoReturn, Optional, Tuple

from reparte._server import descriptors
from reparte._server.functions import Function
from reparte._server.worker import BEGUN, Worker

# Both ways: the kind, the number of the process, and a value.
MESSAGE = struct.Struct("=cQq")
# To the spawner: a process for the slot `value`, with three descriptors; the signal `value`.
START, SIGNAL = b"S", b"K"
# From it: the process has this pid; it was not forked, by this errno; it ended, with this status.
STARTED, NOT_STARTED, ENDED = b"P", b"N", b"E"


class Plan:
    """The parts of a worker that are the same for all."""

    def __init__(
        self, functions: Dict[str, Function], setup: Optional[Callable[[], Any]], max_answer: int, slots: int
    ) -> None:
        self.functions = functions
        self.setup = setup
        self.max_answer = max_answer
        # The number of the call that each slot's process has begun last.
        self.begun = mmap.mmap(-1, slots * BEGUN.size)

    def begun_by(self, slot: int) -> int:
        """Returns the number of the call that the slot's process has begun last."""
        number: int = BEGUN.unpack_from(self.begun, slot * BEGUN.size)[0]
        return number


def start(plan: Plan, listener: socket.socket) -> Tuple[int, socket.socket]:
    """Forks the spawner, which closes the listener. Returns its pid and the socket to it.

    What this and other servers of the program have open is not for it either.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    descriptors.keep(listener)
    descriptors.keep(ours)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # Closed, or none at all.
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    try:
        # Else the port would be taken until the last process has ended.
        descriptors.close_all()
        _Spawner(plan, theirs).run()
    finally:
        os._exit(1)


def close(listener: socket.socket, control: socket.socket) -> None:
    """Closes what `start` has left here. The end of its socket is the spawner's end."""
    descriptors.forget(listener)
    descriptors.forget(control)
    listener.close()
    try:
        # It ends even if a process that was forked at this moment has a copy.
        control.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # Its other end is closed.
    control.close()


def send(control: socket.socket, kind: bytes, number: int, value: int, passed: "list[int]") -> None:
    """Sends the spawner a message."""
    extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", passed))] if passed else []
    control.sendmsg([MESSAGE.pack(kind, number, value)], extra)


class _Spawner:
    def __init__(self, plan: Plan, control: socket.socket) -> None:
        self.plan = plan
        self.control = control
        self.pids: Dict[int, int] = {}  # By the number of the process.
        self.wake, self.wake_end = os.pipe()

    def run(self) -> NoReturn:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        for descriptor in (self.wake, self.wake_end):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_end)
        # The collector would touch, and so copy, the memory that the processes share; and it would
        # finalize here what is garbage of the program's.
        gc.freeze()
        try:
            while self._one_turn():
                pass
        except BaseException:
            traceback.print_exc()
        finally:
            for pid in self.pids.values():
                _kill_group(pid)
            os._exit(0)

    def _one_turn(self) -> bool:
        ready, _, _ = select.select([self.control.fileno(), self.wake], [], [])
        if self.wake in ready:
            try:
                os.read(self.wake, 4096)
            except BlockingIOError:
                pass
            self._reap()
        if self.control.fileno() not in ready:
            return True
        space = socket.CMSG_SPACE(3 * array.array("i").itemsize)
        try:
            data, extra, _, _ = self.control.recvmsg(MESSAGE.size, space)
        except ConnectionError:
            return False
        if len(data) < MESSAGE.size:
            return False
        kind, number, value = MESSAGE.unpack(data)
        if kind == START:
            self._start(number, value, _descriptors(extra))
        elif number in self.pids:
            pid = self.pids[number]
            if value == signal.SIGKILL:
                _kill_group(pid)
            else:
                os.kill(pid, value)
        return True

    def _reap(self) -> None:
        for pid in _ended():
            # Whatever it has started and left ends with it. It still has its number.
            _kill_group(pid)
            try:
                _, status = os.waitpid(pid, 0)
            except ChildProcessError:
                continue
            for number, known in list(self.pids.items()):
                if known == pid:
                    del self.pids[number]
                    self._tell(ENDED, number, status)

    def _start(self, number: int, slot: int, passed: List[int]) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            for descriptor in passed:
                os.close(descriptor)
            self._tell(NOT_STARTED, number, error.errno or 0)
            return
        if not pid:
            try:
                self._become_worker(slot, passed)
            finally:
                os._exit(1)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass  # It has done so itself, or has ended.
        for descriptor in passed:
            os.close(descriptor)
        self.pids[number] = pid
        self._tell(STARTED, number, pid)

    def _become_worker(self, slot: int, passed: List[int]) -> None:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self.control.close()
        os.close(self.wake)
        os.close(self.wake_end)
        channel, cancels, crash_file = passed
        plan = self.plan
        begun = memoryview(plan.begun)[slot * BEGUN.size : (slot + 1) * BEGUN.size]
        channel_socket = socket.socket(fileno=channel)
        Worker(plan.functions, plan.setup, plan.max_answer, channel_socket, cancels, crash_file, begun).run()

    def _tell(self, kind: bytes, number: int, value: int) -> None:
        try:
            self.control.sendall(MESSAGE.pack(kind, number, value))
        except OSError:
            pass  # The server has gone, as the next turn finds.


def _descriptors(extra: "list[tuple[int, int, bytes]]") -> List[int]:
    found = array.array("i")
    for _, _, data in extra:
        found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def _ended() -> Iterator[int]:
    """The processes that have ended and were not waited for."""
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or not found.si_pid:
            return
        yield found.si_pid


def _kill_group(pid: int) -> None:
    """Kills a process with all that it has started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass  # It has not made its group yet, or has left it empty.
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
