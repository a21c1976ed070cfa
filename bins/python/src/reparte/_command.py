"""The command `reparte`: where it is, and a run of it."""

from __future__ import annotations

import collections
import logging
import os
import shutil
import signal
import subprocess
import threading
from typing import IO, Deque, Iterable, List, Sequence

from reparte._server import descriptors
from reparte.errors import CommandNotFound

log = logging.getLogger("reparte.run")

# The lines of what the command told last that are kept.
_KEPT_LINES = 40
# The seconds between the first signal and the second, which the command takes for the same one if
# it comes at once, and until the command is killed.
_SECOND_SIGNAL = 0.25
_KILL = 5.0

_HOW_TO_GET_IT = (
    "From a clone of the project, `cargo install --locked --path bins/reparte` (with Rust 1.89 or newer) puts it "
    "into ~/.cargo/bin; docs/guide.md has other ways. Put its folder into PATH, or its path into REPARTE."
)


def find() -> str:
    """Returns the path of the command: the one that REPARTE names, or else that in PATH.

    Raises `CommandNotFound`, which says how to get it.
    """
    named = os.environ.get("REPARTE")
    if named:
        found = shutil.which(named)
        if found is None:
            raise CommandNotFound(f"REPARTE names {named!r}, which is no program. {_HOW_TO_GET_IT}")
        return found
    found = shutil.which("reparte")
    if found is None:
        raise CommandNotFound(f"the command `reparte` is not in PATH. {_HOW_TO_GET_IT}")
    return found


class RunningCommand:
    """The command at work, with pipes to its input and from its output."""

    def __init__(self, arguments: Sequence[str]) -> None:
        # A session of its own, so that Ctrl-C comes to this process alone, which then ends it.
        self._process = subprocess.Popen(
            [find(), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            # A server's process that had it would hide the end of the values from the command.
            descriptors.keep(pipe)
        self._told: Deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self._reader = threading.Thread(target=self._read_errors, name="reparte-errors", daemon=True)
        self._reader.start()

    @property
    def input(self) -> "IO[bytes]":
        """The pipe to the command."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def output(self) -> "Iterable[bytes]":
        """The lines that the command prints."""
        assert self._process.stdout is not None
        return self._process.stdout

    def wait(self) -> int:
        """Waits for the end of the command, and returns its exit code."""
        code = self._process.wait()
        self._reader.join(_KILL)
        return code

    def told(self) -> str:
        """Returns the last lines of what the command told."""
        return "\n".join(self._told)

    def end(self) -> None:
        """Ends the command, if it has not ended, and does not wait for the calls that run."""
        process = self._process
        signals: List[int] = [signal.SIGTERM, signal.SIGTERM]
        while process.poll() is None and signals:
            process.send_signal(signals.pop())
            try:
                process.wait(_SECOND_SIGNAL if signals else _KILL)
            except subprocess.TimeoutExpired:
                pass
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            descriptors.forget(pipe)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass  # What was left to write has no reader.
        self._reader.join(_KILL)
        if process.stderr is not None and not self._reader.is_alive():
            process.stderr.close()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            self._told.append(text)
            # A server that is down, for one. Failed tasks are told by their exceptions.
            log.log(logging.WARNING if text.startswith("warn: ") else logging.INFO, "%s", text)
