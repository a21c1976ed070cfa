"""The options that functions pass on, by their types, so that editors and mypy know them."""

from __future__ import annotations

import datetime
import os
from typing import Any, Callable, Iterable, Optional, Sequence, TypedDict, Union

_Path = Union[str, "os.PathLike[str]"]


class ServerOptions(TypedDict, total=False):
    """The options of `Server`, which `publish` takes too."""

    setup: Optional[Callable[[], Any]]
    token: Optional[str]
    token_file: Optional[_Path]
    without_token: bool
    hosts: Iterable[str]
    tls_cert: Optional[_Path]
    tls_key: Optional[_Path]
    deadline: float
    queue: int
    recycle: int
    cancel_grace: float
    grace: float
    until: Optional[Union[float, datetime.datetime]]
    max_request: int
    max_answer: int
    max_memory: int
    connections: int


class MapOptions(TypedDict, total=False):
    """The options of `outcomes`, which `map` and `starmap` take too."""

    ordered: bool
    in_flight: int
    hosts_file: Optional[_Path]
    journal: Optional[_Path]
    token_file: Optional[_Path]
    ca: Optional[_Path]
    timeout: Optional[float]
    retry_faults: Optional[int]
    options: Sequence[str]
