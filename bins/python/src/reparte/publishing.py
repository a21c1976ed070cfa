"""Servers of functions."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Optional, Tuple, Type, Union

from reparte._options import ServerOptions
from reparte._server import descriptors, spawner
from reparte._server.access import Access, Path, check_token, read_token
from reparte._server.connection import Connection
from reparte._server.functions import Functions, named
from reparte._server.listening import listen, split, stays_here, tls_context
from reparte._server.pool import Pool
from reparte._server.service import Limits, Service
from reparte._server.time_left import Time, known_end, stop_at
from reparte._version import VERSION
from reparte.errors import Error

if TYPE_CHECKING:
    from typing_extensions import Unpack

log = logging.getLogger("reparte.server")

# What a process has to end by itself once it has no call.
_GOODBYE = 2.0


def publish(
    functions: Functions,
    port: Union[int, str] = 9000,
    processes: Optional[int] = None,
    **options: Unpack[ServerOptions],
) -> None:
    """Publishes a function, or several, until Ctrl-C or SIGTERM.

    `port` is a port of this machine alone, or an address such as `"0.0.0.0:9000"`, which needs
    `token_file` or `token`, or `without_token=True`. The other options are those of `Server`.
    Running calls get `grace` seconds at the end; a second signal does not wait.

        def score(text):
            return sum(map(ord, text))

        reparte.publish(score, 9000, processes=4)
    """
    server = Server(functions, port, processes, **options)
    server._run_here()


class Server:
    """A server of functions, which runs in threads and processes of its own.

    `functions` is a function, a list of functions, or a dict of them by name. Each call runs in
    one of `processes` processes, one per core unless told, which are forked from this one when
    the server starts. So all that is loaded by then is there, and is shared. A process that dies
    costs its call alone.

    `setup`
        is called in each process before its first call: for what can't be forked, such as a
        context of CUDA or a connection. If it fails, this machine is to blame, and not a task.
    `token`, `token_file`
        the secret that clients have to send; a file that its owner alone may read.
    `without_token`
        lets whoever reaches the address call.
    `hosts`
        names of this machine, besides its addresses, that clients without a token use.
    `tls_cert`, `tls_key`
        files in PEM, for TLS 1.3.
    `deadline`
        the seconds of a call whose client names no other time.
    `queue`
        how many calls may wait for a process; a further one is told to come again.
    `recycle`
        ends a process after so many calls, for a function that leaks; 0 for never.
    `cancel_grace`
        the seconds that a function has to end after `Cancelled`, before its process is killed.
    `grace`
        the seconds that running calls have to end when the server stops.
    `until`
        the time at which the server stops by itself: seconds since 1970, or a `datetime` with its
        offset. Clients are told how much is left, and start no call that would not end in time.
        In a Slurm job it is the job's end (SLURM_JOB_END_TIME) unless told.
    `max_request`, `max_answer`, `max_memory`
        bytes: of a request, of a result (or those of a `system.multicall` together), and of all
        requests together.

    It needs a system with `fork`: Linux, macOS, BSD.
    """

    def __init__(
        self,
        functions: Functions,
        port: Union[int, str] = 9000,
        processes: Optional[int] = None,
        *,
        setup: Optional[Callable[[], Any]] = None,
        token: Optional[str] = None,
        token_file: Optional[Path] = None,
        without_token: bool = False,
        hosts: Iterable[str] = (),
        tls_cert: Optional[Path] = None,
        tls_key: Optional[Path] = None,
        deadline: float = 3600.0,
        queue: int = 256,
        recycle: int = 0,
        cancel_grace: float = 2.0,
        grace: float = 10.0,
        until: Optional[Time] = None,
        max_request: int = 16 << 20,
        max_answer: int = 16 << 20,
        max_memory: int = 256 << 20,
        connections: int = 1000,
    ) -> None:
        if not hasattr(os, "fork"):
            raise Error("this system has no fork, which a server of functions needs")
        self._functions = named(functions)
        self._host, self._port = split(port)
        self._processes = _processor_count() if processes is None else processes
        if self._processes < 1:
            raise ValueError("processes is 1 or more")
        if token is not None and token_file is not None:
            raise ValueError("give token or token_file, not both")
        if token_file is not None:
            token = read_token(token_file)
        elif token is not None:
            token = check_token(token)
        self._may_be_open = token is not None or without_token
        if not self._may_be_open and not stays_here(self._host):
            raise ValueError(
                f"{self._host} can be reached from other machines: give token_file, token, or without_token=True"
            )
        self._tls = tls_context(tls_cert, tls_key)
        self._access = Access(token, hosts)
        self._limits = Limits(max_request, max_answer, max_memory, deadline, connections)
        self._plan = spawner.Plan(self._functions, setup, max_answer, self._processes)
        self._queue = queue
        self._recycle = recycle
        self._cancel_grace = cancel_grace
        self._grace = grace
        self._ends_at = known_end(until)
        self._address: Tuple[str, int] = ("", 0)
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._stop_signals = 0
        self._stopping: Optional[asyncio.Event] = None
        self._thread: Optional[threading.Thread] = None
        self._has_started = False
        self._failure: Optional[BaseException] = None

    @property
    def address(self) -> str:
        """The address of a server that has started, as `host:port`."""
        host, port = self._address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def url(self) -> str:
        """The URL of a server that has started."""
        return f"{'https' if self._tls else 'http'}://{self.address}"

    def start(self) -> "Server":
        """Starts the server. It is there for clients when this returns.

        A server starts once.
        """
        if self._has_started:
            raise Error("this server has been started before: make another one")
        listener, spawner_pid, control = self._open()
        self._has_started = True
        started = threading.Event()

        def run() -> None:
            try:
                self._run_loop(listener, spawner_pid, control, started.set)
            except BaseException as error:
                self._failure = error
            finally:
                started.set()

        self._thread = threading.Thread(target=run, name="reparte-server", daemon=True)
        self._thread.start()
        started.wait()
        self._raise_failure()
        return self

    def stop(self) -> None:
        """Stops the server. Running calls have `grace` seconds to end.

        Raises the `Error` of a server that has ended by itself, which its log has too.
        """
        thread = self._thread
        if thread is None:
            return
        self._ask_to_stop()
        thread.join()
        self._thread = None
        self._raise_failure()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        try:
            self.stop()
        except Error:
            # The error of the block itself is the one to be seen.
            if error is None:
                raise

    # The rest is the package's own.

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _open(self) -> "Tuple[socket.socket, int, socket.socket]":
        """Listens, and forks the spawner, which does not keep the listener."""
        listener = listen(self._host, self._port)
        self._address = listener.getsockname()[:2]
        # Accepting begins with the loop. Until then clients wait in the backlog.
        try:
            pid, control = spawner.start(self._plan, listener)
        except BaseException:
            descriptors.forget(listener)
            listener.close()
            raise
        return listener, pid, control

    def _run_here(self) -> None:
        """Runs in this thread until a signal."""
        def told(number: int, frame: Optional[FrameType]) -> None:
            self._ask_to_stop()

        # First: in another thread than the main one it raises, and nothing is open yet.
        old = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            listener, pid, control = self._open()
            names = ", ".join(self._functions)
            count = f"{self._processes} process" + ("es" if self._processes > 1 else "")
            started = f"reparte: {names} listening on {self.url}, {count}\n"
            self._run_loop(listener, pid, control, lambda: _tell(started))
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    def _ask_to_stop(self) -> None:
        """Asks the server to stop; the second time, without waiting. Any thread may call it."""
        self._stop_signals += 1
        loop, stopping = self._loop, self._stopping
        if loop is None or stopping is None:
            return
        try:
            loop.call_soon_threadsafe(stopping.set)
        except RuntimeError:
            pass  # It has stopped.

    def _run_loop(
        self, listener: socket.socket, pid: int, control: socket.socket, when_started: Callable[[], None]
    ) -> None:
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self._serve(loop, listener, control, when_started))
        finally:
            spawner.close(listener, control)
            loop.close()
            os.waitpid(pid, 0)

    async def _serve(
        self,
        loop: asyncio.AbstractEventLoop,
        listener: socket.socket,
        control: socket.socket,
        when_started: Callable[[], None],
    ) -> None:
        self._stopping = stopping = asyncio.Event()
        self._loop = loop
        pool = Pool(
            loop, control, self._plan, self._processes, self._queue, self._recycle, self._cancel_grace
        )
        instance = secrets.token_hex(8)
        service = Service(
            pool, self._functions, self._access, self._limits, instance, VERSION, self._ends_at
        )
        lost: List[str] = []

        def spawner_lost() -> None:
            lost.append("the process that starts the others was killed: no function can be run any more")
            log.error("the server ends: %s", lost[0])
            # No call ends any more: none is waited for.
            self._stop_signals = max(self._stop_signals, 2)
            stopping.set()

        pool.on_lost = spawner_lost
        pool.start()
        server = await loop.create_server(
            lambda: Connection(service),
            sock=listener,
            ssl=self._tls,
            backlog=1024,
            ssl_handshake_timeout=10.0 if self._tls else None,
        )
        when_started()
        # The end by the clock is no signal: one may come at the same time, as Slurm's does.
        end = None if self._ends_at is None else loop.create_task(stop_at(self._ends_at, stopping.set))
        if not self._stop_signals:
            await stopping.wait()
        if end is not None:
            end.cancel()
        await self._end(pool, service, server, bool(lost))
        if lost:
            raise Error(lost[0])

    async def _end(self, pool: Pool, service: Service, server: asyncio.AbstractServer, is_lost: bool) -> None:
        service.is_stopping = True
        server.close()
        for connection in list(service.connections):
            connection.close_if_idle()
        pool.close()
        if not is_lost:
            try:
                await asyncio.wait_for(self._calls_or_second_signal(pool), self._grace)
            except asyncio.TimeoutError:
                log.warning("calls that still run are broken off, after %g s", self._grace)
        pool.abort()
        if not is_lost and self._stop_signals < 2:
            try:
                await asyncio.wait_for(pool.wait_for_processes(), _GOODBYE)
            except asyncio.TimeoutError:
                pass  # The spawner kills them.
        pool.kill()
        for connection in list(service.connections):
            connection.break_off()
        await asyncio.sleep(0)

    async def _calls_or_second_signal(self, pool: Pool) -> None:
        stopping = self._stopping
        if stopping is None:
            return
        waits = [asyncio.ensure_future(wait) for wait in (pool.wait_for_calls(), self._second_signal(stopping))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _second_signal(self, stopping: asyncio.Event) -> None:
        while self._stop_signals < 2:
            stopping.clear()
            await stopping.wait()


def _processor_count() -> int:
    """Returns how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _tell(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:
        pass  # Closed, or none at all.
