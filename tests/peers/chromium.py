"""A headless Chromium, driven by its DevTools protocol: JSON and a NUL, on descriptors 3 and 4."""
import base64
import json
import os
import subprocess
import sys


class Chromium:
    def __init__(self, profile):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # The shell puts the two where Chromium looks for them.
        command = 'exec chromium "$@" 3<&%d 4>&%d' % (theirs_in, theirs_out)
        options = [
            "--headless", "--no-sandbox", "--no-first-run", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-proxy-server", "--disable-background-networking",
            "--user-data-dir=" + profile, "--remote-debugging-pipe", "about:blank",
        ]
        self.process = subprocess.Popen(
            ["sh", "-c", command, "sh"] + options, pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.reader, self.writer = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self.rest, self.count, self.session, self.events = b"", 0, None, []
        target = self.ask("Target.createTarget", url="about:blank")
        attached = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session = attached["sessionId"]

    def message(self):
        while b"\0" not in self.rest:
            more = self.reader.read1(1 << 16)
            if not more:
                sys.exit("chromium ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **params):
        self.count += 1
        request = {"id": self.count, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        self.writer.write(json.dumps(request).encode() + b"\0")
        self.writer.flush()
        while True:
            answer = self.message()
            if "method" in answer:
                self.events.append(answer)
            if answer.get("id") == self.count:
                return answer["result"] if "result" in answer else sys.exit(str(answer))

    def load(self, url):
        self.ask("Page.navigate", url=url)
        # It may have come with the answer.
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())
        self.events = [event for event in self.events if event["method"] != "Page.loadEventFired"]

    def evaluate(self, script):
        """What a script gives, promises kept."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True,
                          awaitPromise=True)
        if "exceptionDetails" in answer:
            sys.exit("%s: %s" % (script, answer["exceptionDetails"]))
        return answer["result"].get("value")

    def shown(self):
        """The texts that are laid out, each in a line of its own."""
        snapshot = self.ask("DOMSnapshot.captureSnapshot", computedStyles=[])
        texts = snapshot["documents"][0]["layout"]["text"]
        return [snapshot["strings"][n].strip() for n in texts if n >= 0]

    def picture(self, path, whole=True):
        """Of the whole page, or of what the screen shows of it."""
        picture = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def close(self):
        self.session = None
        self.ask("Browser.close")
        self.process.wait()


def check(what, right):
    if not right:
        sys.exit(what)
