"""Servers in processes of their own, and what the tests share."""

import contextlib
import http.client
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xmlrpc.client

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60
TOKEN = "correct-horse-battery"
# The tests kill processes, which the log tells.
logging.getLogger("reparte").setLevel(logging.CRITICAL)


def until(what, condition):
    """Waits until a condition holds, and fails if it never does. Returns what it gave."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("never: " + what)


class Case(unittest.TestCase):
    """A test with servers and files that end with it."""

    def directory(self):
        """A new directory."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return directory.name

    def file(self, text, mode=0o600):
        """A new file with a text."""
        path = os.path.join(self.directory(), "file")
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def serving(self, server):
        """Starts a server of this process."""
        server.start()
        self.addCleanup(server.stop)
        return server

    def program(self, text):
        """Starts a program in Python. Returns it, and the address that it tells."""
        process = subprocess.Popen(
            [sys.executable, "-c", text], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(ended, process)
        for line in process.stderr:
            if "listening on " in line:
                return process, line.split("://")[1].split(",")[0].strip()
        raise AssertionError("the program ended: " + text)


def ended(process):
    """Ends a process that may have ended."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def proxy(server, token=""):
    """Python's own client of a server."""
    credentials = "any:%s@" % token if token else ""
    return xmlrpc.client.ServerProxy(
        "http://%s%s" % (credentials, server.address), allow_none=True, use_builtin_types=True
    )


def fault(call, *arguments):
    """The fault that a call gives."""
    try:
        result = call(*arguments)
    except xmlrpc.client.Fault as caught:
        return caught
    raise AssertionError("no fault, but %r" % (result,))


def post(server, body, **fields):
    """Posts a document. Returns the status, the fields and the body of the answer."""
    connection = http.client.HTTPConnection(server.address, timeout=PATIENCE)
    with contextlib.closing(connection):
        names = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml", **names})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()


def document(name, *arguments):
    """The document of a call."""
    return xmlrpc.client.dumps(arguments, name, allow_none=True).encode()


def in_background(function, *arguments):
    """Runs a function in a thread. Returns the thread, and a list that gets what it returns."""
    found = []

    def run():
        try:
            found.append(function(*arguments))
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def exists(pid):
    """Returns whether there is a process of this number that has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return os.path.isdir("/proc") is False


def kill(pid):
    """Kills a process."""
    os.kill(pid, signal.SIGKILL)
