"""Looks at a server's page as Chromium shows it, without scripts, on a telephone and on a
desk; and reads /metrics with Prometheus' own parsers. Takes the address of a serv_processes that
has not been called, with two workers, and a directory for pictures of the page. Wants
Debian's python3, for python3-prometheus-client, and Prometheus' own promtool.
"""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import xmlrpc.client

from chromium import Chromium, check
from prometheus_client.parser import text_string_to_metric_families

address, pictures = sys.argv[1:]
PAGE = "http://%s/" % address
PATIENCE = 60


def look(browser, width, ended, faults):
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=800,
                deviceScaleFactor=1, mobile=width < 600)
    browser.load(PAGE)
    metrics = browser.ask("Page.getLayoutMetrics")
    wide = metrics["cssContentSize"]["width"]
    browser.picture("%s/page-%d.png" % (pictures, width))
    check("%d pixels wide, on a screen of %d" % (wide, width), wide <= width)

    shown = browser.shown()
    for text in ["XML-RPC server", "factoriz_sum", "system.multicall", "reparte.status"]:
        check("no %r in %r" % (text, shown), text in shown)
    for name, value in [("calls ended", ended), ("of them with a fault", faults)]:
        figure(browser, name, str(value))


def figure(browser, name, value):
    shown = browser.shown()
    found = shown[shown.index(name) + 1]
    check("%s: %s, not %s" % (name, found, value), found == value)


def scrape():
    with urllib.request.urlopen("http://%s/metrics" % address) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def wait_for_busy(workers):
    """Until so many workers compute."""
    late = time.monotonic() + PATIENCE
    while "xmlrpc_workers_busy %d\n" % workers not in scrape()[1]:
        check("never %d workers at work" % workers, time.monotonic() < late)
        time.sleep(0.01)


@contextlib.contextmanager
def long_call():
    """Minutes of one worker's work, given up at the end."""
    number = 14142135623730950533 * 17320508075688772967
    calls = [{"methodName": "factor", "params": [str(number)]}] * 1000
    body = xmlrpc.client.dumps((calls,), "system.multicall").encode()
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"POST /RPC2 HTTP/1.1\r\nHost: %s\r\nContent-Type: text/xml\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (address.encode(), len(body), body))
        yield


def busy(browser):
    for workers in [1, 0]:
        with long_call() if workers else contextlib.nullcontext():
            wait_for_busy(workers)
            browser.load(PAGE)
            figure(browser, "workers that compute", "%d of 2" % workers)


def promtool(text):
    """What Prometheus itself says of the figures; nothing, if they are right."""
    places = os.pathsep.join([os.path.expanduser("~/.cache/procdistrib"), os.environ["PATH"]])
    tool = shutil.which("promtool", path=places)
    check("no promtool: run tests/peers/install", tool)
    judged = subprocess.run([tool, "check", "metrics"], input=text, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(judged.stdout, judged.returncode == 0 and not judged.stdout)


def metrics(ended, faults):
    kind, text = scrape()
    check(kind, kind.startswith("text/plain; version=0.0.4"))
    promtool(text)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    for name, kind, value in [
        ("xmlrpc_calls", "counter", ended), ("xmlrpc_faults", "counter", faults),
        ("xmlrpc_refused", "counter", 0), ("xmlrpc_workers", "gauge", 2),
        ("xmlrpc_workers_busy", "gauge", 0), ("xmlrpc_calls_waiting", "gauge", 0),
    ]:
        family = families.pop(name)
        check("%s: %r" % (name, family), family.type == kind and family.documentation)
        check("%s: %r" % (name, family), [s.value for s in family.samples] == [value])
    check("more: %r" % families, list(families) == ["xmlrpc_uptime_seconds"])


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = Chromium(profile)
    browser.ask("Page.enable")
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    server = xmlrpc.client.ServerProxy(PAGE)
    look(browser, 1280, 0, 0)
    check("factoriz_sum", server.factoriz_sum("23434252232434") == "50914")
    try:
        server.factoriz_sum("abc")
    except xmlrpc.client.Fault:
        pass
    look(browser, 1280, 2, 1)
    look(browser, 320, 2, 1)
    metrics(2, 1)
    busy(browser)
    browser.close()
print("ok")
