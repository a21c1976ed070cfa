"""Looks at the page of a run as Chromium shows it: a run of 12 tasks on three servers, one of
which is killed on the way; alive, then as its report; light and dark, wide and narrow. Then at one
that is ended early, and at one with a broken server, which waits for another.

Takes the program `reparte`, and a directory for pictures. With a third argument, a file, it
puts the picture of the README there and checks nothing else.
"""
import atexit
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

from chromium import Chromium, check

program, pictures = sys.argv[1:3]
PATIENCE = 60


class Program:
    """A program that runs, with the lines of its standard error; killed at the end."""

    def __init__(self, *arguments, tasks=(), more=False):
        self.errors = tempfile.NamedTemporaryFile("r+")
        self.process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, text=True)
        # Wherever a check fails.
        atexit.register(self.kill)
        self.process.stdin.write("".join("%s\n" % task for task in tasks))
        self.process.stdin.flush()
        # Where there are more to come, nobody knows how many.
        if not more:
            self.process.stdin.close()

    def line_after(self, text):
        for _ in until("a line with %r" % text):
            with open(self.errors.name) as errors:
                for line in errors:
                    if text in line and line.endswith("\n"):
                        return line.split(text, 1)[1].strip()

    def ended(self):
        printed = self.process.stdout.read()
        return self.process.wait(PATIENCE), printed

    def kill(self):
        self.process.kill()
        self.process.wait()


def until(what):
    """Turns of a loop that ends by itself, or fails after a while."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)
    sys.exit("never: %s" % what)


def server(seconds, workers="1"):
    started = Program("serve", "127.0.0.1:0", "--function", "digits", "--workers", workers, "--",
                      "sh", "-c", "sleep %s; echo $((${1##*-} * 7))" % seconds, "sh", "{}")
    return started, started.line_after("listening on ").split("://")[1]


def browse(profile):
    browser = Chromium(profile)
    for domain in ["Page", "Runtime", "Log", "Network"]:
        browser.ask(domain + ".enable")
    return browser


def screen(browser, width, scheme):
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900,
                deviceScaleFactor=1, mobile=width < 600)
    browser.ask("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-color-scheme", "value": scheme}])


def text(browser, name):
    return browser.evaluate("document.getElementById(%s).textContent" % json.dumps(name))


def fits(browser, width):
    wide = browser.ask("Page.getLayoutMetrics")["cssContentSize"]["width"]
    check("%d pixels wide, on a screen of %d" % (wide, width), wide <= width)


def no_trouble(browser, *origins):
    """Nothing on the console, and nothing asked for elsewhere."""
    for event in browser.events:
        method, told = event["method"], event["params"]
        check("console: %s" % told, method not in (
            "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"))
        if method == "Network.requestWillBeSent":
            url = told["request"]["url"]
            if told.get("type") == "Document":
                own = origins
            else:
                # The page that asks may be the one before: its last request is told late.
                page = urlsplit(told["documentURL"])
                own = ["%s://%s" % page[:2]] if page.netloc else [told["documentURL"]]
            check("asked for %s" % url, url.startswith((*own, "data:")))
    browser.events.clear()


def contrasts(browser):
    """Every text, and what it stands on, by the formula of WCAG 2."""
    return browser.evaluate("""(() => {
        const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
        const light = (colour) => {
            const [r, g, b] = parts(colour).map((c) => c / 255)
                .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = (place) => {
            const colour = getComputedStyle(place).backgroundColor;
            return parts(colour)[3] === 0 ? ground(place.parentElement) : colour;
        };
        const poor = [];
        for (const place of document.querySelectorAll("main *")) {
            const says = [...place.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
            if (!says || !place.checkVisibility() || place.disabled) continue;
            const [a, b] = [light(getComputedStyle(place).color), light(ground(place))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) poor.push(place.outerHTML.slice(0, 80) + ratio.toFixed(2));
        }
        return poor;
    })()""")


def keyboard(browser):
    """From call to call by the arrow keys: what is told of each."""
    browser.evaluate("document.getElementById('canvas').focus()")
    told = []
    for key in ["ArrowRight", "ArrowRight", "ArrowDown", "End"]:
        for kind in ["keyDown", "keyUp"]:
            browser.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key)
        told.append(text(browser, "told"))
    check("told: %r" % told, all(re.match(r"Task \d+: .*; .*, slot 1; began at ", t) for t in told))
    check("the arrow keys go nowhere: %r" % told, len(set(told)) >= 3)


def mouse(browser, kind, x, y, **details):
    """A mouse at a place of the chart."""
    left, top = browser.evaluate("(() => { const box = byId('canvas').getBoundingClientRect();"
                                 "return [box.left, box.top]; })()")
    browser.ask("Input.dispatchMouseEvent", type=kind, x=left + x, y=top + y, **details)


def click(browser, x, y, times=1):
    for count in range(1, times + 1):
        for kind in ["mousePressed", "mouseReleased"]:
            mouse(browser, kind, x, y, button="left", clickCount=count)


def drag(browser, start, end, y):
    mouse(browser, "mousePressed", start, y, button="left", clickCount=1)
    for x in [(start + end) / 2, end]:
        mouse(browser, "mouseMoved", x, y, button="left", buttons=1)
    mouse(browser, "mouseReleased", end, y, button="left", clickCount=1)


def shown_range(browser):
    """The range of the chart, in shares of the run, once it is drawn."""
    return browser.evaluate("""new Promise((done) => requestAnimationFrame(() => setTimeout(() =>
        done(chart.axis.currentRange().map((time) => time / chart.axis.now())), 20)))""")


def zoom(browser):
    """The time shown, by each way to change it."""
    width = browser.evaluate("chart.axis.width")
    left = browser.evaluate("chart.axis.left")
    axis, lane = 10, 40
    drag(browser, left + width * 0.25, left + width * 0.5, lane)
    first, last = shown_range(browser)
    check((first, last), abs(first - 0.25) < 0.02 and abs(last - 0.5) < 0.02)
    mouse(browser, "mouseWheel", left + width / 2, lane, deltaX=0, deltaY=-100)
    check("the wheel over the lanes zooms", shown_range(browser) == [first, last])
    browser.evaluate("scrollTo(0, 0)")
    mouse(browser, "mouseWheel", left + width / 2, axis, deltaX=0, deltaY=-100)
    nearer, end = shown_range(browser)
    check((nearer, end), first < nearer < end < last)
    drag(browser, left + width / 2, left + width / 4, axis)
    moved = shown_range(browser)
    check((nearer, moved), moved[0] > nearer and abs(moved[1] - moved[0] - end + nearer) < 0.001)
    click(browser, left + width / 2, axis, 2)
    whole = shown_range(browser)
    check(whole, whole[0] == 0 and whole[1] > 1)
    x = browser.evaluate("""(() => { const call = chart.lanes.rows[0].lane.calls[0];
        return chart.axis.xOf(call.start + call.length / 2); })()""")
    click(browser, x, lane, 2)
    fitted = shown_range(browser)
    check((fitted, whole), 0 < fitted[1] - fitted[0] < 0.5)
    browser.evaluate("chart.axis.showAll()")


def settled(browser, url):
    """The state once the run is over."""
    for _ in until("the page says that the run is over"):
        if text(browser, "state").startswith("Done"):
            break
    check(text(browser, "percent"), text(browser, "percent") == "100 %")


def a_run(browser, report):
    servers = [server(0.5), server(0.65), server(0.8)]
    addresses = [address for _, address in servers]
    run = Program("run", *addresses, "--function", "digits", "--page", "127.0.0.1:0", "--hedge",
                  "off", "--report", report, tasks=["7-%d" % n for n in range(1, 13)])
    url = run.line_after("the page of the run: ")
    screen(browser, 1280, "light")
    browser.load(url)
    # Killed while it works, with some tasks done and more to do.
    for _ in until("some tasks are done, and each server works"):
        rows = browser.evaluate("""typeof latest === "object" && latest && latest.account.done >= 3 &&
            latest.account.servers.every((s) => s.running === 1) && latest.account.done < 8""")
        if rows:
            break
    victim, address = servers[1]
    victim.kill()
    for _ in until("the dead server is shown"):
        shown = browser.evaluate("""[...document.querySelectorAll('#servers tr')].find(
            (row) => row.cells[0].textContent === %s).cells[1].textContent""" % json.dumps(address))
        if "down" in shown:
            break
    check("%r is no progress" % text(browser, "percent"), text(browser, "percent") != "100 %")
    browser.picture(pictures + "/run-alive.png")
    return servers, run, url, address


def cut_short(browser, report):
    """A run that is ended while more tasks are to come is not done, though all it had are."""
    browser.events.clear()
    started, address = server(0.1)
    run = Program("run", address, "--function", "digits", "--page", "127.0.0.1:0", "--report",
                  report, tasks=["7-1"], more=True)
    screen(browser, 1280, "light")
    url = run.line_after("the page of the run: ")
    browser.load(url)
    for _ in until("its task is done"):
        if browser.evaluate('typeof latest === "object" && latest && latest.account.done === 1'):
            break
    run.process.send_signal(signal.SIGINT)
    code, _ = run.ended()
    check("exit code %d" % code, code == 6)
    started.kill()
    for place in [url, "file://" + report]:
        if place != url:
            browser.load(place)
        for _ in until("the page says that the run was ended"):
            if text(browser, "state").startswith("Ended early: ended by a signal"):
                break
        check("it is called well", browser.evaluate(
            "document.getElementById('state').classList.contains('failure')"))
        shown = [text(browser, part) for part in ("percent", "percent-is")]
        check(shown, shown == ["1", "tasks, of an input that was not read to its end"])
        fits(browser, 1280)
    no_trouble(browser, url, "file://" + report)
    screen(browser, 375, "light")
    fits(browser, 375)
    browser.picture(pictures + "/run-cut-short.png")


def failures(browser):
    """All failed tasks, with their inputs; some of them, and their files."""
    browser.events.clear()
    started = Program("serve", "127.0.0.1:0", "--function", "digits", "--",
                      "sh", "-c", "case $1 in *7) echo \"no <$1>\" >&2; exit 1; esac", "sh", "{}")
    address = started.line_after("listening on ").split("://")[1]
    report = pictures + "/run-failures.html"
    run = Program("run", address, "--function", "digits", "--report", report,
                  tasks=["input %d" % n for n in range(1, 101)])
    code, _ = run.ended()
    check("exit code %d" % code, code == 5)
    started.kill()
    for width in [1280, 375]:
        screen(browser, width, "light")
        browser.load("file://" + report)
        settled(browser, report)
        fits(browser, width)
        check("poor contrast: %s" % contrasts(browser), not contrasts(browser))
        browser.picture("%s/run-failures-%d.png" % (pictures, width))
    inputs = """[...byId('failures-rows').rows].map((row) => row.cells[1].textContent)"""
    found = browser.evaluate(inputs)
    check(found, found == ["input %d" % n for n in range(97, 0, -10)])
    browser.evaluate("""(() => { byId('failures-filter').value = 'NO <input 47';
        byId('failures-filter').dispatchEvent(new Event('input')); })()""")
    check(browser.evaluate(inputs), browser.evaluate(inputs) == ["input 47"])
    check(text(browser, "failures-shown"), text(browser, "failures-shown") == "1 of 10 failed")
    saved = browser.evaluate("""(async () => {
        const blobs = [];
        URL.createObjectURL = (blob) => { blobs.push(blob); return "data:,"; };
        for (const id of ["failures-save", "failures-inputs"]) byId(id).click();
        return Promise.all(blobs.map((blob) => blob.text()));
    })()""")
    record = json.loads(saved[0])
    check(record, record["input"] == "input 47" and record["task"] == 47
          and record["error"]["kind"] == "fault" and record["server"] == address)
    check(saved, saved[1] == "input 47\n")
    no_trouble(browser, "file://" + report)


def labels(browser):
    """What is left of servers' names where there is no room for them."""
    for names, parts in [
        (["https://maquina1:9000", "https://maquina2:9000"], ["maquina1", "maquina2"]),
        (["m1.example.org:9000", "m22.example.org:9000"], ["m1", "m22"]),
        (["localhost:9000", "localhost:9001"], ["localhost:9000", "localhost:9001"]),
        (["a:1", "b:2"], ["a:1", "b:2"]),
        (["http://one:80"], ["one:80"]),
        (["same", "same"], ["same", "same"]),
        (["unix:/run/a.sock", "unix:/run/b.sock"], ["a", "b"]),
        ([], []),
    ]:
        found = browser.evaluate("distinctParts(%s)" % json.dumps(names))
        check((names, found), found == parts)


def row_of(browser, address):
    """The texts of a server's row."""
    return browser.evaluate("""[...document.querySelectorAll('#servers tr')].filter(
        (row) => row.cells[0].textContent === %s).flatMap(
        (row) => [...row.cells].map((cell) => cell.textContent))""" % json.dumps(address))


def troubled(browser):
    """A server whose calls all fail is shown with the reason, and so is a run that waits."""
    browser.events.clear()
    broken = Program("serve", "127.0.0.1:0", "--function", "digits", "--",
                     "sh", "-c", "echo 'no module <numpy>' >&2; exit 1")
    suspect = broken.line_after("listening on ").split("://")[1]
    good, address = server(0.5)
    run = Program("run", suspect, address, "--function", "digits", "--page", "127.0.0.1:0",
                  tasks=["7-%d" % n for n in range(1, 41)])
    url = run.line_after("the page of the run: ")
    screen(browser, 1280, "light")
    browser.load(url)
    for _ in until("the broken server is shown"):
        row = row_of(browser, suspect)
        if row and "suspected" in row[1]:
            break
    check(row, "on trial" in row[-1] and "no module <numpy>" in row[-1])
    check(text(browser, "state"), text(browser, "state") == "Running")
    check("poor contrast: %s" % contrasts(browser), not contrasts(browser))
    for program in [good, broken]:
        program.kill()
    for _ in until("the page says that the run waits"):
        if text(browser, "state").startswith("Waits for a server, "):
            break
    said = text(browser, "state")
    check(said, re.search(r" so far: none (answers|gives a result); the run ends in .* if that "
                          "lasts$", said))
    check("poor contrast: %s" % contrasts(browser), not contrasts(browser))
    fits(browser, 1280)
    browser.picture(pictures + "/run-waits.png")
    no_trouble(browser, url)
    run.kill()


def readme(browser, file):
    """A picture of a run on its way, a server killed, its tasks made good elsewhere."""
    servers = [server(seconds, "2") for seconds in (0.7, 0.9, 1.1)]
    run = Program("run", *["2/" + address for _, address in servers], "--function", "digits",
                  "--page", "127.0.0.1:8080", tasks=["7-%d" % n for n in range(1, 41)])
    url = run.line_after("the page of the run: ")
    browser.ask("Emulation.setDeviceMetricsOverride", width=1120, height=645,
                deviceScaleFactor=1, mobile=False)
    browser.ask("Emulation.setScrollbarsHidden", hidden=True)
    browser.ask("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-color-scheme", "value": "light"}])
    browser.load(url)
    for _ in until("some tasks are done"):
        if browser.evaluate('typeof latest === "object" && latest && latest.account.done >= 9'):
            break
    servers[1][0].kill()
    for _ in until("the lost tasks are done"):
        if browser.evaluate("""latest.account.done >= 24 && timeline.lanes.flatMap((l) => l.calls)
                .some((c) => c.reason === 1 && c.outcome === 0)"""):
            break
    browser.picture(file, whole=False)
    run.kill()
    for started, _ in servers:
        started.kill()


def look(browser):
    report = pictures + "/run-report.html"
    servers, run, url, dead = a_run(browser, report)
    settled(browser, url)
    code, printed = run.ended()
    check("exit code %d" % code, code == 0)
    check(printed, printed == "".join("%d\n" % (7 * n) for n in range(1, 13)))
    for started, _ in servers:
        started.kill()

    # Its server has ended, and the page has its last state.
    fits(browser, 1280)
    check("no failure of %s" % dead, dead in text(browser, "errors"))
    no_trouble(browser, url)
    keep = "JSON.stringify([timeline.lanes.map((l) => l.calls), latest.account])"
    alive = browser.evaluate(keep)
    marks = "timeline.lanes.flatMap((l) => l.calls).map((c) => [c.reason, c.outcome])"
    drawn = browser.evaluate(marks)
    check("no retry in %r" % drawn, [1, 0] in drawn)
    check("no failed call in %r" % drawn, any(outcome == 1 for _, outcome in drawn))
    check("12 results in %r" % drawn, [outcome for _, outcome in drawn].count(0) == 12)

    # Frozen, it is the same.
    file = "file://" + report
    for scheme, width in [("light", 1280), ("dark", 1280), ("light", 375), ("dark", 375)]:
        screen(browser, width, scheme)
        browser.load(file)
        settled(browser, file)
        fits(browser, width)
        check("another state", browser.evaluate(keep) == alive)
        check("poor contrast: %s" % contrasts(browser), not contrasts(browser))
        browser.picture("%s/run-%s-%d.png" % (pictures, scheme, width))
        keyboard(browser)
        if width > 1000:
            zoom(browser)
        starts = browser.evaluate("""(() => { byId('calls').open = true; showNewest();
            return [...byId('newest').rows].map((row) => row.cells[3].textContent); })()""")
        # The first calls of the three servers may begin in one millisecond.
        check("starts: %s" % starts, len(set(starts)) >= len(starts) - 2 >= 10)
        last = browser.evaluate("""(() => { const box = document.querySelector(
            '#servers tr td:last-child').getBoundingClientRect(); return [box.left, box.right]; })()""")
        check("the last error is at %s" % last, 0 <= last[0] < last[1] <= width)
        no_trouble(browser, file)

    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.load(file)
    shown = browser.shown()
    for part in ["A run of reparte", dead, "down", "Last errors"]:
        check("no %r in %r" % (part, shown), any(part in line for line in shown))


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = browse(profile)
    if len(sys.argv) > 3:
        readme(browser, sys.argv[3])
    else:
        look(browser)
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        cut_short(browser, pictures + "/run-cut-short.html")
        troubled(browser)
        labels(browser)
        failures(browser)
    browser.close()
print("ok")
