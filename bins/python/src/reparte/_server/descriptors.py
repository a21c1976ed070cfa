"""The descriptors of this process that none of the package's forked processes may keep.

A copy of a listener would take clients that nobody answers, and a copy of a socket or a pipe would
hide its end from whoever waits for it. They belong to all servers and maps of the program.
"""

from __future__ import annotations

import os
from typing import Any, List, Set

# Objects with a `fileno`, and not numbers, which the system gives to others at once.
_kept: "Set[Any]" = set()
# Those that this process has closed by their numbers. If they were freed, they would close these again.
_closed: List[Any] = []


def keep(holder: Any) -> None:
    """Has the processes that are forked from now on close a socket, a pipe or a file."""
    _kept.add(holder)


def forget(holder: Any) -> None:
    """Forgets what is about to be closed, or was."""
    _kept.discard(holder)


def close_all() -> None:
    """Closes, in a process that was just forked, what the other one keeps."""
    for holder in _kept:
        try:
            descriptor = holder.fileno()
            if descriptor >= 0:
                os.close(descriptor)
        except (OSError, ValueError):
            pass  # It was closed.
    _closed.extend(_kept)
    _kept.clear()
