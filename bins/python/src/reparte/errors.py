"""The exceptions of the package."""

from __future__ import annotations

from typing import Any, Optional


class Error(Exception):
    """The base of the package's own exceptions."""


class CommandNotFound(Error, FileNotFoundError):
    """The command `reparte` is not there. The text says how to get it."""


class RunFailed(Error):
    """A run that ended before all of its tasks had.

    `exit_code` is that of the command, and `errors` the end of what it told.
    """

    def __init__(self, exit_code: int, reason: str, errors: str) -> None:
        super().__init__(exit_code, reason, errors)
        self.exit_code = exit_code
        self.reason = reason
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.reason, self.errors]))


class TaskFailed(Error):
    """A task that has no result, with the value that it was for.

    `index` is the value's place, from 0. `kind` is a word such as `fault`, and `message` the
    reason, which names the server: for a function in Python, the end of its traceback. `server` failed last, or is None
    if the task never got to one. `attempts` is the number of calls.
    """

    def __init__(
        self,
        index: int,
        value: Any,
        kind: str,
        message: str,
        server: Optional[str] = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(index, value, kind, message, server, attempts)
        self.index = index
        self.value = value
        self.kind = kind
        self.message = message
        self.server = server
        self.attempts = attempts

    def __str__(self) -> str:
        value = repr(self.value)
        if len(value) > 80:
            value = value[:79] + "\u2026"
        return f"task {self.index} ({value}) failed: {self.message}"


class Fault(Error):
    """A failure that a published function raises on purpose, with a code of its own.

    The caller gets `text` as it is, without a traceback. It comes before the code, which is an
    integer of 32 bits, unlike in `xmlrpc.client.Fault`.
    """

    def __init__(self, text: str, code: int = 1) -> None:
        if isinstance(code, str):
            raise TypeError("a Fault has its text first, and then its code")
        text = str(text)  # An exception's, for one.
        super().__init__(text, code)
        self.text = text
        self.code = code

    def __str__(self) -> str:
        return self.text


class HostUnfit(Fault):
    """A function or a setup raises it if this machine can't do the work: no GPU, a file missing.

    A run gives the task to another server, and uses this one no more until it has been asked
    again. It is not for a task that can't be done anywhere.
    """

    CODE = -32050

    def __init__(self, text: str) -> None:
        super().__init__(text, self.CODE)
        self.args = (text,)


class Cancelled(BaseException):
    """Raised in a function whose call was cancelled or is late. Nobody waits for its result.

    A function may catch it to tidy up. It is not an `Exception`, so that `except Exception` lets
    it pass.
    """
