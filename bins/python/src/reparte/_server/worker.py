"""A process that runs the functions: takes calls from a socket, and answers on it.

A call is cancelled by its number in a pipe, and SIGTERM. The handler reads the pipe, and raises
`Cancelled` only if the call with that number runs. So a signal that comes late ends no other
call, and a SIGTERM from elsewhere, such as systemd's, ends none.
"""

from __future__ import annotations

import faulthandler
import json
import operator
import os
import random
import signal
import socket
import struct
import sys
import traceback
import xmlrpc.client
from types import FrameType
from typing import Any, Callable, Dict, NoReturn, Optional

from reparte._server import documents, faults
from reparte._server.faults import FaultResponse, Refused
from reparte._server.functions import Function
from reparte.errors import Cancelled, Fault, HostUnfit

# A frame: the call's number, its kind, and the length of what follows.
FRAME = struct.Struct(">QBQ")
# The number of the call that was begun last, in memory that the server shares.
BEGUN = struct.Struct("=Q")
TASK, READY, UNFIT, VALUE, FAULT, CANCELLED = range(6)

# The most characters of a traceback. Its end is kept: the reason stands there.
MAX_TRACEBACK = 16_000


class Worker:
    """The one worker of this process."""

    def __init__(
        self,
        functions: Dict[str, Function],
        setup: Optional[Callable[[], Any]],
        max_answer: int,
        channel: socket.socket,
        cancels: int,
        crash_file: int,
        begun: memoryview,
    ) -> None:
        self.functions = functions
        self.setup = setup
        self.max_answer = max_answer
        self.channel = channel
        self.cancels = cancels
        self.crash_file = crash_file
        self.begun = begun
        self.running = 0  # The number of the call whose function runs; 0 if none does.
        self.last_cancelled = 0  # The number of the call that was cancelled last. Numbers grow.

    def run(self) -> NoReturn:
        """Runs until the server closes the socket, and ends the process."""
        code = 0
        try:
            self._prepare()
            if self._set_up():
                while self._one_call():
                    pass
        except (ConnectionError, EOFError):
            pass  # The server has gone.
        except BaseException:
            traceback.print_exc()
            code = 1
        finally:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except Exception:
                    pass
            os._exit(code)

    def _prepare(self) -> None:
        os.set_blocking(self.cancels, False)
        signal.signal(signal.SIGTERM, self._on_signal)
        # Ctrl-C is the server's: it gives running calls time.
        signal.signal(signal.SIGINT, self._on_signal)
        # A process that a function forks is an ordinary one.
        os.register_at_fork(after_in_child=_restore_signals)
        faulthandler.enable(self.crash_file, all_threads=False)
        random.seed()
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            # All processes would draw the same numbers.
            numpy.random.seed()

    def _on_signal(self, number: int, frame: Optional[FrameType]) -> None:
        try:
            wanted = os.read(self.cancels, 8 * 512)
        except OSError:
            return
        numbers = struct.unpack(">%dQ" % (len(wanted) // 8), wanted)
        if numbers:
            # Its function may not have begun yet.
            self.last_cancelled = numbers[-1]
        if self.running and self.running in numbers:
            self.running = 0
            raise Cancelled("the call was cancelled, or is late")

    def _set_up(self) -> bool:
        if self.setup is not None:
            try:
                self.setup()
            except BaseException as error:
                told = error.text if isinstance(error, Fault) else _traceback(error)
                self._send(0, UNFIT, told.encode("utf-8", "replace"))
                return False
        self._send(0, READY, b"")
        return True

    def _one_call(self) -> bool:
        head = self._receive(FRAME.size)
        if head is None:
            return False
        number, _, length = FRAME.unpack(head)
        body = self._receive(length)
        if body is None:
            return False
        BEGUN.pack_into(self.begun, 0, number)
        kind, answer = self._answer(number, body)
        self._send(number, kind, answer)
        return True

    def _answer(self, number: int, body: bytes) -> "tuple[int, bytes]":
        try:
            name, params = documents.decode_call(body)
            function = self.functions.get(name)
            if function is None:
                return _fault(faults.unknown_method(name))
            function.check_arguments(params)
            try:
                # From here on the handler may raise, and nothing else that matters is at work.
                self.running = number
                if self.last_cancelled == number:
                    raise Cancelled("the call was cancelled, or is late, before it began")
                result = function.function(*params)
                self.running = 0
            except BaseException as error:
                self.running = 0
                return _failure(error, lambda: function.hint(params, error))
            value = documents.encode_value(result)
        except Cancelled:
            return CANCELLED, b""  # It came just as the function had ended by an exception of its own.
        except Refused as refused:
            return _fault(refused.fault)
        except Exception as error:
            told = f"the result can't be sent: {type(error).__name__}: {error}"
            return _fault(FaultResponse(faults.INTERNAL, told))
        if len(value) > self.max_answer:
            told = f"the result has {len(value)} bytes, and max_answer is {self.max_answer}"
            return _fault(FaultResponse(faults.APPLICATION, told))
        return VALUE, value

    def _receive(self, length: int) -> Optional[bytes]:
        """Reads so many bytes; None at the end of the stream."""
        if not length:
            return b""
        data = self.channel.recv(min(length, 1 << 20))
        if len(data) == length:
            return data
        parts = [data]
        missing = length - len(data)
        while parts[-1] and missing:
            parts.append(self.channel.recv(min(missing, 1 << 20)))
            missing -= len(parts[-1])
        return None if missing else b"".join(parts)

    def _send(self, number: int, kind: int, data: bytes) -> None:
        self.channel.sendall(FRAME.pack(number, kind, len(data)) + data)


def _failure(error: BaseException, hint: Callable[[], str]) -> "tuple[int, bytes]":
    if isinstance(error, Cancelled):
        return CANCELLED, b""
    if isinstance(error, HostUnfit):
        return _fault(_raised(HostUnfit.CODE, error.text))
    if isinstance(error, Fault):
        return _fault(_raised(error.code, error.text))
    if isinstance(error, xmlrpc.client.Fault):
        return _fault(_raised(error.faultCode, error.faultString))
    told = _traceback(error)
    advice = hint()
    # On one line: of a long text, a run shows the last line.
    return _fault(FaultResponse(faults.APPLICATION, f"{told}; {advice}" if advice else told))


def _raised(code: Any, text: Any) -> FaultResponse:
    """Returns the fault that a function has raised, whose parts may be anything."""
    try:
        number = operator.index(code)
    except TypeError:
        number = faults.APPLICATION
    if not -(2**31) <= number < 2**31:
        number = faults.APPLICATION
    try:
        return FaultResponse(number, str(text))
    except Exception:  # A text's own __str__ may fail.
        return FaultResponse(number, type(text).__name__)


def _fault(fault: FaultResponse) -> "tuple[int, bytes]":
    return FAULT, json.dumps(list(fault)).encode("ascii")


def _traceback(error: BaseException) -> str:
    """Returns the end of an error's traceback, without the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, frames)).rstrip()
    except Exception:  # An error's own __str__ or __repr__ may fail.
        text = type(error).__name__
    return text if len(text) <= MAX_TRACEBACK else "\u2026" + text[-MAX_TRACEBACK:]


def _restore_signals() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
