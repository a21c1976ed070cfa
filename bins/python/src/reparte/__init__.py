"""Publish a Python function on any number of machines, and map it over values.

On each machine that computes:

    import reparte

    def score(text):
        return sum(map(ord, text))

    reparte.publish(score, 9000, processes=4)

On yours:

    import reparte

    for result in reparte.map("score", ["a", "b", "c"], ["machine1:9000", "machine2:9000"]):
        print(result)

A server answers any client of XML-RPC and `reparte run`. A map starts `reparte run`, and so has
what that has: no result is lost when a server dies, and results come in order.
"""

from reparte._version import VERSION as __version__
from reparte.errors import (
    Cancelled,
    CommandNotFound,
    Error,
    Fault,
    HostUnfit,
    RunFailed,
    TaskFailed,
)
from reparte.mapping import Outcome, map, outcomes, starmap
from reparte.publishing import Server, publish

__all__ = [
    "Cancelled",
    "CommandNotFound",
    "Error",
    "Fault",
    "HostUnfit",
    "Outcome",
    "RunFailed",
    "Server",
    "TaskFailed",
    "__version__",
    "map",
    "outcomes",
    "publish",
    "starmap",
]
