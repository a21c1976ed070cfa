"""Maps of a published function, by runs of the command `reparte`."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, Iterable, List, Optional, Sequence, Union

from reparte._command import RunningCommand, find
from reparte._options import MapOptions
from reparte.errors import RunFailed, TaskFailed

if TYPE_CHECKING:
    from typing_extensions import Unpack

Path = Union[str, "os.PathLike[str]"]
Function = Union[str, Callable[..., Any]]

# The exit codes of a run all of whose tasks have ended: all with a result, or some failed.
_ENDED = (0, 5)


# The flags of a run that a map has to set by itself, and what a caller has in their place.
_ITS_OWN = "it writes the values, and reads the results"
_SET_BY_A_MAP = {
    "--": "it has a published function; `reparte run` has programs",
    "--function": "give the function as the first argument",
    "--tasks": "give the values",
    "--input": _ITS_OWN,
    "--colsep": _ITS_OWN,
    "--arg-type": _ITS_OWN,
    "--json": _ITS_OWN,
    "--output": _ITS_OWN,
    "--tag": _ITS_OWN,
    "--dry-run": "it makes the calls",
    "--detach": "it waits for the results",
    "--unordered": "give ordered=False to outcomes",
    "--max-in-flight": "give in_flight",
    "--quiet": "it is quiet",
    "-q": "it is quiet",
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The end of one task.

    `index` is the value's place, from 0. `error` is None if there is a result. `server` is the one
    that computed it, `seconds` the time of that call, and `attempts` the number of calls.
    """

    index: int
    value: Any
    result: Any
    error: Optional[TaskFailed]
    server: Optional[str]
    seconds: Optional[float]
    attempts: int


def map(
    function: Function,
    values: Iterable[Any],
    servers: Union[str, Sequence[str]] = (),
    *,
    on_failure: str = "raise",
    **options: Unpack[MapOptions],
) -> Generator[Any, None, None]:
    """Calls a published function for each value on all servers, and yields the results in order.

    `function` is its name, or the function itself, of which the name is taken. `servers` are
    `host:port`, `N/host:port` for N calls at a time, or URLs; with `hosts_file` they are the lines
    of a file, which is read again while the run goes on.

    A task that fails raises `TaskFailed` in its place, which ends the run. With
    `on_failure="return"` the `TaskFailed` is yielded in place of the result, and the run goes on.
    A run that can't go on raises `RunFailed`, and a missing command `CommandNotFound`.

    Values are read as servers take them, `in_flight` ahead at most, in a thread of their own; they
    may be without end. Values and results are what JSON has: None, booleans, integers of 64 bits,
    floats, text, lists, and dicts with keys of text. NumPy's numbers and arrays go there as lists
    and numbers. Bytes and dates come back as text, bytes in base64.

    Closing the generator, or leaving its loop by an exception, ends the run: calls that are at
    work are cancelled on their servers. The other options are those of `outcomes`.

        for result in reparte.map("score", open("names.txt").read().splitlines(), ["m1:9000", "m2:9000"]):
            print(result)
    """
    return _results(outcomes(function, values, servers, **options), _checked(on_failure))


def starmap(
    function: Function,
    values: Iterable[Iterable[Any]],
    servers: Union[str, Sequence[str]] = (),
    *,
    on_failure: str = "raise",
    **options: Unpack[MapOptions],
) -> Generator[Any, None, None]:
    """Does what `map` does for a function of several arguments: each value has all of them."""
    ended = outcomes(function, values, servers, star=True, **options)
    return _results(ended, _checked(on_failure))


def outcomes(
    function: Function,
    values: Iterable[Any],
    servers: Union[str, Sequence[str]] = (),
    *,
    star: bool = False,
    ordered: bool = True,
    in_flight: int = 4096,
    hosts_file: Optional[Path] = None,
    journal: Optional[Path] = None,
    token_file: Optional[Path] = None,
    ca: Optional[Path] = None,
    timeout: Optional[float] = None,
    retry_faults: Optional[int] = None,
    options: Sequence[str] = (),
) -> Generator[Outcome, None, None]:
    """Does what `map` does, and yields for each task who computed it and how long that took.

    `star`
        has a value be all arguments of a call, and not the only one.
    `ordered`
        yields in the order of the values; else as tasks end.
    `in_flight`
        how many values are read and not yielded yet, at most.
    `journal`
        a file that keeps each result: the same map goes on where it was, however it ended.
    `token_file`, `ca`
        the file of the servers' token, and that of the authority of their certificates.
    `timeout`
        the seconds that a call may take.
    `retry_faults`
        how often a task is tried again whose function fails.
    `options`
        other flags of `reparte run`, such as `["--hedge", "off", "--page", "8080"]`.
    """
    if in_flight < 1:
        raise ValueError("in_flight is 1 or more")
    name = _name(function)
    _check(options)
    arguments = ["run", "--quiet", "--json", "--output", "jsonl", f"--function={name}"]
    for flag, value in [
        ("servers", hosts_file),
        ("journal", journal),
        ("token-file", token_file),
        ("ca", ca),
        ("timeout", timeout),
        ("retry-faults", retry_faults),
        ("max-in-flight", in_flight),
    ]:
        if value is not None:
            arguments.append(f"--{flag}={os.fspath(value) if not isinstance(value, (int, float)) else value}")
    if not ordered:
        arguments.append("--unordered")
    arguments += options
    arguments += _addresses(servers, hosts_file is not None or bool(options))
    find()  # A missing command is told at once.
    return _outcomes(arguments, values, star, in_flight)


def _name(function: Function) -> str:
    if isinstance(function, str):
        return function
    name: str = getattr(function, "__name__", "")
    if not name or name == "<lambda>":
        raise ValueError(f"{function!r} has no name by which servers know it: give the name of the published function")
    return name


def _addresses(servers: Union[str, Sequence[str]], may_be_none: bool) -> Sequence[str]:
    """Returns the servers as arguments of the command."""
    addresses = [servers] if isinstance(servers, str) else servers
    if isinstance(addresses, int):
        raise TypeError(f'servers is "host:port", or a list of such texts: for this machine "localhost:{servers}"')
    if not addresses and not may_be_none:
        raise ValueError('no server is named: give servers, such as ["machine1:9000"], or hosts_file')
    return addresses


def _check(options: Sequence[str]) -> None:
    """Refuses other flags that change what the command reads, or how it writes."""
    if isinstance(options, str):
        raise TypeError(f'options is a list of words, such as ["--halt", "10"], and not {options!r}')
    for option in options:
        flag = option.split("=", 1)[0]
        if flag in _SET_BY_A_MAP:
            raise ValueError(f"options: {flag} is not for a map: {_SET_BY_A_MAP[flag]}")


def _checked(on_failure: str) -> bool:
    if on_failure not in ("raise", "return"):
        raise ValueError('on_failure is "raise" or "return"')
    return on_failure == "raise"


def _results(ended: "Generator[Outcome, None, None]", raises: bool) -> Generator[Any, None, None]:
    try:
        for outcome in ended:
            if outcome.error is not None and raises:
                raise outcome.error
            yield outcome.result if outcome.error is None else outcome.error
    finally:
        ended.close()


def _outcomes(
    arguments: Sequence[str], values: Iterable[Any], star: bool, in_flight: int
) -> Generator[Outcome, None, None]:
    command = RunningCommand(arguments)
    feeder = _Feeder(command, values, star, in_flight)
    try:
        feeder.start()
        count = 0
        for line in command.output:
            yield feeder.outcome(json.loads(line))
            count += 1
        code = command.wait()
        feeder.stop()
        if feeder.error is not None:
            raise feeder.error
        if code not in _ENDED or count < feeder.count:
            raise RunFailed(code, f"the run ended with exit code {code}, after {count} tasks", command.told())
    finally:
        feeder.stop()
        command.end()


class _Feeder:
    """The thread that writes the values to the command, and what is known of those on their way."""

    def __init__(self, command: RunningCommand, values: Iterable[Any], star: bool, in_flight: int) -> None:
        self.count = 0
        self.error: Optional[BaseException] = None
        self._command = command
        self._values = values
        self._star = star
        self._room = threading.Semaphore(in_flight)
        self._on_their_way: Dict[int, Any] = {}
        self._unsendable: Dict[int, str] = {}
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="reparte-values", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Has the thread end. It may be waiting for a value: then it ends with the process."""
        self._is_stopping = True
        self._room.release()

    def outcome(self, record: Dict[str, Any]) -> Outcome:
        """Returns the outcome that a line of the command's output tells of."""
        index = record["task"] - 1
        value = self._on_their_way.pop(index)
        self._room.release()
        server, attempts = record.get("server"), record.get("attempts", 0)
        error = record.get("error")
        failure = None
        if error is not None:
            told = self._unsendable.pop(index, None)
            kind, message = ("unsendable", told) if told else (error["kind"], error["message"])
            failure = TaskFailed(index, value, kind, message, server, attempts)
        return Outcome(index, value, record.get("result"), failure, server, record.get("seconds"), attempts)

    def _run(self) -> None:
        try:
            for value in self._values:
                self._room.acquire()
                if self._is_stopping:
                    return
                self._on_their_way[self.count] = value
                line = self._line(self.count, value)
                self.count += 1
                if not self._write(line):
                    return
        except BaseException as error:
            self.error = error
        finally:
            try:
                self._command.input.close()
            except OSError:
                pass

    def _write(self, line: bytes) -> bool:
        """Writes a value. Returns whether the command takes more."""
        try:
            self._command.input.write(line)
            self._command.input.flush()
            return True
        except (BrokenPipeError, ValueError):
            # It has ended, and tells why; or the pipe was closed since nobody wants more.
            return False

    def _line(self, index: int, value: Any) -> bytes:
        try:
            if self._star and not isinstance(value, Iterable):
                raise TypeError("each value of a starmap has all arguments of its call, such as (2, 10)")
            arguments: List[Any] = list(value) if self._star else [value]
            line = json.dumps(arguments, allow_nan=False, default=_plain).encode("ascii") + b"\n"
            _check_keys(arguments)
            return line
        except (TypeError, ValueError, RecursionError) as error:
            self._unsendable[index] = f"the value can't be sent: {error}"
            # The command answers what is no JSON with a failed task.
            return b"unsendable\n"


def _check_keys(value: Any) -> None:
    """Raises `TypeError` if a dict has a key that is no text, of which JSON would make one."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} of a dict is no text")
        _check_keys(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for one in value:
            if isinstance(one, (dict, list, tuple)):
                _check_keys(one)


def _plain(value: Any) -> Any:
    """Returns the numbers of NumPy and its kin as Python's."""
    if hasattr(value, "dtype") and callable(getattr(value, "tolist", None)):
        return value.tolist()
    raise TypeError(f"JSON has no value of the type {type(value).__name__}")
