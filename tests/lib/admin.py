# SPDX-License-Identifier: Apache-2.0
"""thriftfork admin: one that is started by hand, servers that have the role, and
what any of them says."""

import atexit
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading

from bed import Bed
from daemon import CALC, children, read
from harness import DEADLINE, ILL, Skip, built, gone, tempdir, until
from upgraded import Upgraded


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        self.text = body.decode()


class Connection(http.client.HTTPConnection):
    """To an address as servers tell it: 127.0.0.1:PORT or unix:/path."""

    def __init__(self, address, seconds=DEADLINE):
        super().__init__("localhost", timeout=seconds)
        self.address = address

    def connect(self):
        self.sock = dial(self.address, self.timeout)


def dial(address, seconds=DEADLINE):
    if not address.startswith("unix:"):
        host, port = address.rsplit(":", 1)
        return socket.create_connection((host.strip("[]"), int(port)),
                                        seconds)
    s = socket.socket(socket.AF_UNIX)
    s.connect(address[5:])      # waits where there is a queue
    s.settimeout(seconds)
    return s


def get(address, path, method="GET", **more):
    """The whole answer to one request."""
    c = Connection(address)
    c.request(method, path, **more)
    r = c.getresponse()
    answer = Answer(r.status, r.headers, r.read())
    c.close()
    return answer


SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)')


def metrics(text):
    """(name, labels as a sorted tuple of pairs) -> value; of a text of which
    every line has to be one that Prometheus reads."""
    values = {}
    for line in text.splitlines():
        if line.startswith("# HELP ") or line.startswith("# TYPE "):
            continue
        match = SAMPLE.match(line)
        assert match, line
        name, labels, value = match.groups()
        pairs = LABEL.findall(labels or "")
        assert LABEL.sub("", labels or "") == "", line
        key = name, tuple(sorted(pairs))
        assert key not in values, line
        values[key] = float(value)
    return values


def total(values, name, **labels):
    """The sum of those that have these labels."""
    want = set(labels.items())
    found = [v for (n, pairs), v in values.items()
             if n == name and want <= set(pairs)]
    assert found, (name, labels)
    return sum(found)


class Admin:
    """thriftfork admin by hand, beside an instance, at a unix socket."""

    def __init__(self, *args):
        self.path = os.path.join(tempdir(), "admin")
        self.address = "unix:" + self.path
        self.process = subprocess.Popen(
            [built("thriftfork"), "admin", "-l", self.address, *args],
            bufsize=0, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        atexit.register(self.process.kill)
        self.pid = self.process.pid
        line = self.process.stdout.readline().decode()
        start = "thriftfork-admin: listening on %s" % self.address
        assert line.startswith(start) and line.endswith("\n"), line
        self.others = line[len(start):].split()
        until(self.answers, "it answers")

    def answers(self):
        assert self.process.poll() is None, self.process.communicate()
        try:
            return self.get("/healthz").status in (200, 503)
        except (ConnectionRefusedError, FileNotFoundError):
            return False

    def get(self, path, *args, **more):
        return get(self.address, path, *args, **more)

    def metrics(self):
        answer = self.get("/metrics")
        assert answer.status == 200, answer.text
        return metrics(answer.text)

    def status(self):
        return json.loads(self.get("/status.json").text)

    def end(self):
        """It has nothing more to say, and leaves nothing behind."""
        self.process.send_signal(signal.SIGTERM)
        out = self.process.communicate(timeout=DEADLINE)[0].decode()
        assert self.process.returncode == 0 and out == "", out
        assert not ILL.search(out), out
        assert not os.path.exists(self.path), "the socket's file"


RUN = [built("thriftfork"), "run"]
TCP = "127.0.0.1:0"


def is_built():
    if not os.path.exists(built("thriftfork-admin")):
        raise Skip("built without libmicrohttpd")


class WithAdmin:
    """Of a server: where its admin is, and who that is at present."""

    def find_admin(self):
        found = re.findall(r"admin at (\S+?),?\s", self.drain_log())
        assert found, self.log
        self.admin = found[0]
        self.address_of = found

    def find_agent(self):
        """The port of the agent's address."""
        found = re.search(r"admin-agent at \S+:(\d+)", self.drain_log())
        assert found, self.log
        return int(found.group(1))

    def admin_pid(self):
        """The process, once it answers; there is one."""
        pids = [p for p in children(self.pid)
                if not gone(p) and "--segment-fd" in
                read("/proc/%d/cmdline" % p)]
        assert len(pids) < 2, pids
        return pids[0] if pids else None

    def await_admin(self, other_than=None):
        until(lambda: self.admin_pid() not in (None, other_than),
              "there is an admin")
        assert get(self.admin, "/healthz").status == 200
        return self.admin_pid()

    def ready(self):
        return get(self.admin, "/readyz").status


def at(addresses):
    """The options that say so."""
    return [w for a in addresses for w in ("-o", "admin=" + a)]


class AdminServer(WithAdmin, Upgraded):
    def __init__(self, *options, module=CALC, admin=(TCP,), **more):
        super().__init__(RUN + at(admin) + list(options) + [module], **more)
        self.find_admin()


class AdminBed(WithAdmin, Upgraded, Bed):
    def __init__(self, *options, admin=(TCP,), **more):
        super().__init__(*at(admin), *options, **more)
        self.find_admin()


class Scraper:
    """Somebody who asks all the time, each time anew, and counts."""

    def __init__(self, server):
        self.address = server.admin
        self.answers, self.failures, self.fallen = 0, [], []
        self.last, self.stopped = {}, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        until(lambda: self.answers > 0, "a first answer")

    def scrape(self):
        got = get(self.address, "/metrics")
        if got.status != 200:
            self.failures.append((got.status, got.text))
            return
        sums = {}
        for (name, labels), value in metrics(got.text).items():
            if name.endswith(("_total", "_bucket", "_count")):
                sums[(name, labels)] = value
        self.fallen += [(k, self.last[k], sums.get(k)) for k in self.last
                        if sums.get(k, 0) < self.last[k]]
        self.last = sums

    def run(self):
        while not self.stopped:
            try:
                self.scrape()
            except Exception as e:
                self.failures.append(repr(e))
            self.answers += 1

    def end(self, least=3):
        self.stopped = True
        self.thread.join(DEADLINE)
        assert not self.failures, self.failures[:3]
        assert not self.fallen, self.fallen[:3]
        assert self.answers >= least, self.answers
