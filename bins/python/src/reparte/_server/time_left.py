"""The time at which a server ends, if it knows that."""

from __future__ import annotations

import asyncio
import datetime
import logging
import math
import os
import time
from typing import Callable, Optional, Union

log = logging.getLogger("reparte.server")

# A time: seconds since 1970, or a date with its offset.
Time = Union[float, datetime.datetime]

# The variable in which Slurm tells a job the time of its end, in seconds since 1970.
_SLURM_END = "SLURM_JOB_END_TIME"
# The longest time for which the clock is not read again: somebody may set it.
_STEP = 60.0


def known_end(until: Optional[Time]) -> Optional[float]:
    """Returns the time at which a server ends: `until`, or else that of its Slurm job."""
    if until is None:
        return _slurm_end(os.environ.get(_SLURM_END))
    if isinstance(until, datetime.datetime):
        if until.utcoffset() is None:
            raise ValueError("until has no offset: give one with a time zone, or time.time() + 3600")
        until = until.timestamp()
    end = float(until)
    if not math.isfinite(end):
        raise ValueError("until is no time: give one such as time.time() + 3600")
    if end <= time.time():
        raise ValueError("until has passed: give a time to come, such as time.time() + 3600")
    return end


def seconds_left(end: float) -> int:
    """Returns the whole seconds until a time; 0 once it has passed."""
    return max(0, int(end - time.time()))


async def stop_at(end: float, stop: Callable[[], None]) -> None:
    """Calls `stop` at a time."""
    while True:
        left = end - time.time()
        if left <= 0:
            return stop()
        await asyncio.sleep(min(left, _STEP))


def _slurm_end(text: Optional[str]) -> Optional[float]:
    if text is None:
        return None
    if not text.strip().isdigit() or int(text) <= time.time():
        log.warning("%s is no time to come, so the server tells no end: name one with until=", _SLURM_END)
        return None
    return float(text)
