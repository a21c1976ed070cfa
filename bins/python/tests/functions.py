"""The functions that the tests publish."""

import ctypes
import datetime
import decimal
import enum
import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from typing import List

import reparte


class Colour(enum.IntEnum):
    RED = 3


def score(text: str) -> int:
    """Adds the letters' codes."""
    return sum(map(ord, text))


def echo(value):
    return value


def power(base, exponent=2):
    return base**exponent


def pid(_):
    return os.getpid()


def fails(value):
    raise ValueError("no %s" % value)


def fails_deep(depth):
    if depth:
        fails_deep(depth - 1)
    raise KeyError("the reason")


class BadError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def fails_badly(_):
    raise BadError


def faults(code):
    raise reparte.Fault("on purpose", code)


class BadText:
    def __str__(self):
        raise RuntimeError("no text")


def odd_faults(which):
    """Raises a fault whose text or code is not what it should be."""
    if which == "changed":
        fault = reparte.Fault("x")
        fault.text = 7
        raise fault
    raise {
        "swapped": lambda: reparte.Fault(404, "not found"),
        "none": lambda: reparte.Fault(None),
        "wide": lambda: reparte.Fault("too wide", 2**31),
        "no code": lambda: reparte.Fault("no code", None),
        "unfit": lambda: reparte.HostUnfit(OSError("no disk")),
        "of the library": lambda: xmlrpc.client.Fault("x", BadText()),
    }[which]()


def unfit(_):
    raise reparte.HostUnfit("no GPU here")


def leaves(status):
    sys.exit(status)


def exits(status):
    os._exit(status)


def killed(_):
    os.kill(os.getpid(), signal.SIGKILL)


def crashes(_):
    ctypes.string_at(0)


def sleeps(file):
    """Says that it runs, and sleeps until it is cancelled."""
    with open(file, "a") as told:
        told.write("%d\n" % os.getpid())
    try:
        time.sleep(600)
    except reparte.Cancelled:
        with open(file, "a") as told:
            told.write("cancelled\n")
        raise


def sleeps_on(file):
    """Does not stop when it is cancelled."""
    with open(file, "a") as told:
        told.write("%d\n" % os.getpid())
    while True:
        try:
            time.sleep(600)
        except reparte.Cancelled:
            pass


def sleeps_on_a_file(value):
    """Sleeps if the value is the path of a file."""
    return sleeps(value) if os.path.isabs(value) else value


def race(value):
    """Sleeps in the first call for a directory, and returns in the second."""
    if not os.path.isabs(value):
        return value
    try:
        os.mkdir(value + "/first")
    except FileExistsError:
        return value
    try:
        time.sleep(600)
    except reparte.Cancelled:
        os.mkdir(value + "/cancelled")
        raise


def meets(place):
    """Ends once it was told to. Says which server it runs on."""
    open(os.path.join(place, "at-%d" % os.getppid()), "w").close()
    while not os.path.exists(os.path.join(place, "go")):
        time.sleep(0.01)
    return place


def spawner(_):
    """The process that has forked this one."""
    return os.getppid()


def starts_a_child(file):
    child = subprocess.Popen(["sleep", "600"])
    with open(file, "a") as told:
        told.write("%d\n" % child.pid)
    os._exit(1)


def rows(count: int) -> List[int]:
    return list(range(count))


def half(number: int):
    return number / 2


def shorter(text, by=1):
    return text - by


def unsendable(what):
    loop = []
    loop.append(loop)
    return {
        "object": object(),
        "control": "a\0b",
        "keys": {1: 2},
        "loop": loop,
        "decimal": decimal.Decimal("nan"),
        "wide decimal": decimal.Decimal("1E+2000000"),
        "narrow decimal": decimal.Decimal("1E-2000000"),
        "long": "x" * 100_000,
    }[what]


def derived(what):
    return {
        "enum": Colour.RED,
        "wide": 2**40,
        "wider": 2**100,
        "tuple": (1, (2,)),
        "date": datetime.datetime(1998, 7, 17, 14, 8, 55),
        "bytes": bytearray(b"\0\xff"),
        "text": "<&>\r\n\u00e9\U0001f600",
        "decimal": decimal.Decimal("1E+3"),
        "inf": float("-inf"),
        "none": [None, True],
    }[what]


ALL = [value for name, value in sorted(globals().items()) if callable(value) and getattr(value, "__module__", "") == __name__ and not isinstance(value, type)]
