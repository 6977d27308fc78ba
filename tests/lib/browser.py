# SPDX-License-Identifier: Apache-2.0
"""Chromium without a screen, driven through the pipe that its developer tools
listen on: what a page shows, asks for and complains about."""

import atexit
import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import time

from harness import DEADLINE, Skip, tempdir, until


def program():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise Skip("no browser (package chromium)")
    return path


def high(fd):
    """The same where no number is that the browser gets."""
    copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(fd)
    return copy


class Browser:
    def __init__(self):
        path = program()
        self.dir = tempdir()
        self.data = b""
        self.number = 0
        self.pages = {}                 # session -> Page
        read, self.to = map(high, os.pipe())
        self.source, write = map(high, os.pipe())
        log = os.path.join(self.dir, "log")
        self.pid = os.posix_spawn(
            path, [path, "--headless", "--remote-debugging-pipe",
                   "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--disable-dev-shm-usage", "--disable-extensions",
                   "--disable-background-networking",
                   "--disable-component-update", "--no-proxy-server",
                   "--user-data-dir=" + os.path.join(self.dir, "user"),
                   "about:blank"], dict(os.environ, HOME=self.dir),
            setpgroup=0, file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT |
                 os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, read, 3),
                (os.POSIX_SPAWN_DUP2, write, 4)])
        os.close(read)
        os.close(write)
        atexit.register(self.close)

    def receive(self):
        """One message; what no command has asked for goes to its page."""
        end = time.monotonic() + 2 * DEADLINE
        while b"\0" not in self.data:
            left = max(0, end - time.monotonic())
            assert select.select([self.source], [], [], left)[0], \
                "the browser says nothing"
            piece = os.read(self.source, 1 << 20)
            assert piece, "the browser has gone"
            self.data += piece
        line, self.data = self.data.split(b"\0", 1)
        said = json.loads(line)
        if "method" in said and said.get("sessionId") in self.pages:
            self.pages[said["sessionId"]].hear(said["method"],
                                               said["params"])
        return said

    def send(self, method, session=None, **params):
        self.number += 1
        what = {"id": self.number, "method": method, "params": params}
        if session is not None:
            what["sessionId"] = session
        data = json.dumps(what).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        return self.number

    def command(self, method, session=None, **params):
        number = self.send(method, session, **params)
        while True:
            said = self.receive()
            if said.get("id") == number:
                assert "error" not in said, (method, said["error"])
                return said["result"]

    def page(self, *args, **more):
        return Page(self, *args, **more)

    def close(self):
        if self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = None
        os.close(self.to)
        os.close(self.source)


class Page:
    """A page of that size, in the light or in the dark."""

    def __init__(self, browser, url, width=1280, height=800, scheme="light",
                 motion="no-preference"):
        self.browser = browser
        self.said = []                  # errors and warnings
        self.asked = []                 # addresses
        self.instead = {}               # end of an address -> bytes
        self.target = browser.command(  # hidden by another it would rest
            "Target.createTarget", url="about:blank",
            newWindow=True)["targetId"]
        self.session = browser.command(
            "Target.attachToTarget", targetId=self.target,
            flatten=True)["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.do(domain + ".enable")
        self.look(width, height, scheme, motion)
        self.url = url

    def go(self):
        self.do("Page.navigate", url=self.url)
        return self

    def close(self):
        self.browser.command("Target.closeTarget", targetId=self.target)
        del self.browser.pages[self.session]

    def look(self, width, height, scheme="light", motion="no-preference"):
        self.do("Emulation.setDeviceMetricsOverride", width=width,
                height=height, deviceScaleFactor=2 if width < 600 else 1,
                mobile=width < 600)
        self.do("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion}])

    def do(self, method, **params):
        return self.browser.command(method, self.session, **params)

    def answer(self, ends):
        """From now on these are the answers to addresses that end so."""
        self.instead = ends
        self.do("Fetch.enable", patterns=[{"urlPattern": "*"}])

    def hear(self, method, params):
        if method == "Runtime.consoleAPICalled":
            if params["type"] in ("error", "warning", "assert"):
                self.said.append(params["args"])
        elif method == "Runtime.exceptionThrown":
            self.said.append(params["exceptionDetails"])
        elif method == "Log.entryAdded":
            if params["entry"]["level"] in ("error", "warning"):
                self.said.append(params["entry"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif method == "Fetch.requestPaused":
            self.fulfil(params)

    def fulfil(self, params):
        path = params["request"]["url"].split("?")[0]
        for end, body in self.instead.items():
            if path.endswith(end):
                self.browser.send(
                    "Fetch.fulfillRequest", self.session,
                    requestId=params["requestId"], responseCode=200,
                    body=base64.b64encode(body).decode())
                return
        self.browser.send("Fetch.continueRequest", self.session,
                          requestId=params["requestId"])

    def value(self, expression):
        got = self.do("Runtime.evaluate", expression=expression,
                      returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, (expression, got)
        return got["result"].get("value")

    def text(self, selector):
        return self.value("document.querySelector(%s).innerText" %
                          json.dumps(selector))

    def until(self, expression):
        until(lambda: self.value(expression), expression)

    def key(self, key):
        code = {"Tab": 9, "Enter": 13, "Escape": 27, "Home": 36}[key]
        for kind in ("keyDown", "keyUp"):
            self.do("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                    windowsVirtualKeyCode=code,
                    text="\r" if key == "Enter" else "")

    def picture(self, path, whole=True):
        shot = self.do("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))
