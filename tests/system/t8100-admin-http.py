#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""admin by hand: what it tells of a server, and what strangers who speak HTTP
badly, slowly or not at all do to it: nothing."""

import contextlib
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from admin import Admin, dial, get, is_built, total
from bed import held_call
from daemon import CALC, TESTBED, descriptors, launcher, refused
from harness import (DEADLINE, Load, Server, Skip, built, instance_dir, main,
                     source, tempdir, until)
from upgraded import Upgraded

ASKS = 5                        # seconds for a request
MOST = 128                      # connections


def calc(kind=Server, workers=2):
    return kind([built("thriftfork"), "run", CALC], workers=workers)


def numbers_of_a_load():
    "are the clients' count, and those that status prints"
    is_built()
    s = calc()
    report = Load(s.address, "-n", 3000, "-c", 4).report()
    until(lambda: s.status()["in_flight"] == 0, "all calls have ended")
    a = Admin("-n", s.name)
    m = a.metrics()
    status = s.status()
    told = a.status()["counters"]
    kinds = status["described"]["worker"]
    assert kinds["memory"]["kind"] == "gauge"   # which goes on changing
    differ = {k: (n, told[k]) for k, n in status["counters"].items()
              if kinds[k]["kind"] != "gauge" and n != told[k]}
    assert told.keys() == status["counters"].keys() and not differ, differ
    calls = sum(v["counters"]["calls"] for v in status["methods"])
    assert calls >= report["right"] >= 3000
    assert total(m, "thriftfork_method_calls_total") == calls
    assert total(m, "thriftfork_calls_ended_total") == calls
    assert total(m, "thriftfork_calls_in_flight") == 0
    for method in status["methods"]:
        which = {"service": method["service"], "method": method["method"]}
        n = method["counters"]["calls"]
        name = "thriftfork_method_time_seconds"
        assert total(m, "thriftfork_method_calls_total", **which) == n
        assert total(m, name + "_count", **which) == n
        assert total(m, name + "_bucket", le="+Inf", **which) == n
        assert abs(total(m, name + "_sum", **which) * 1e9 -
                   method["counters"]["time_sum"]) < 1000
        counts = [v for (k, labels), v in m.items()
                  if k == name + "_bucket" and
                  set(which.items()) <= set(labels)]
        assert counts == sorted(counts) and len(counts) == 27
    for lane in {dict(k[1])["lane"] for k in m
                 if k[0] == "thriftfork_calls_ended_total"}:
        assert total(m, "thriftfork_lane_info", lane=lane) == 1
    a.end()
    assert s.stop() == 0


def names_of_the_manual():
    "are those that there are, no more and no fewer"
    is_built()
    with open(built("man/thriftfork-counters.7")) as f:
        listed = set(re.findall(r"^\.Bq .*Li (thriftfork_\w+)$", f.read(),
                                re.M))
    with open(source("man/thriftfork-admin.1")) as f:
        others = set(re.findall(r"^\.It Li (thriftfork_\w+)$", f.read(),
                                re.M))
    s = calc(workers=1)
    a = Admin("-n", s.name)
    text = a.get("/metrics").text
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
    sums = {name + "_sum" for name, kind in families if kind == "histogram"}
    there = {name for name, kind in families} | sums
    assert len(listed) > 90 and listed <= there, listed - there
    assert there == listed | others, there ^ (listed | others)
    a.end()
    assert s.stop() == 0


def promtool_finds_nothing():
    is_built()
    if shutil.which("promtool") is None:
        raise Skip("no promtool (package prometheus)")
    s = calc(workers=1)
    a = Admin("-n", s.name)
    done = subprocess.run(["promtool", "check", "metrics"],
                          input=a.get("/metrics").body, timeout=DEADLINE,
                          capture_output=True)
    assert done.returncode == 0 and done.stderr == b"", done
    done = subprocess.run(["promtool", "check", "metrics"],
                          input=b"x_count 1\n", timeout=DEADLINE,
                          capture_output=True)
    assert done.returncode != 0, "it finds nothing ever"
    a.end()
    assert s.stop() == 0


def what_is_answered():
    "types, heads, other methods, other paths"
    is_built()
    s = calc(workers=1)
    a = Admin("-S", os.path.join(instance_dir(), s.name + ".sock"))
    types = {"/metrics": "text/plain; version=0.0.4; charset=utf-8",
             "/healthz": "text/plain; charset=utf-8",
             "/readyz": "text/plain; charset=utf-8",
             "/status.json": "application/json"}
    for path, kind in types.items():
        got = a.get(path)
        assert got.status == 200 and got.headers["Content-Type"] == kind, path
        assert got.headers["Connection"] == "close"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        head = a.get(path, "HEAD")
        assert head.status == 200 and head.body == b""
        assert a.get(path + "?x=1&y").status == 200
    for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW":
        got = a.get("/metrics", method)
        assert got.status == 405 and got.headers["Allow"] == "GET, HEAD"
    for path in "/nothing", "/metrics/", "//metrics", "/a/../metrics", \
            "/%2e%2e/%2e%2e/etc/passwd":
        got = a.get(path)
        assert got.status == 404 and "/metrics" in got.text, path
    assert a.get("/readyz?workers=1").status == 200
    assert a.get("/readyz?workers=2").status == 503
    assert a.get("/readyz?workers=all").status == 400
    a.end()
    assert s.stop() == 0


def states_of_a_server():
    "all workers busy; stopping; gone, and there again after an upgrade"
    is_built()
    s = Upgraded([built("thriftfork"), "run", TESTBED], workers=1)
    a = Admin("-n", s.name)
    assert a.get("/readyz").text == "1 of 1 workers serve\n"
    before = a.metrics()
    s.upgrade()
    until(lambda: a.status()["master"]["pid"] == s.pid, "it finds the new one")
    after = a.metrics()
    for (name, labels), value in before.items():
        if name.endswith("_total"):
            assert after[(name, labels)] >= value, (name, labels)
    peer, writer = held_call(s)
    assert a.get("/healthz").status == 200
    assert total(a.metrics(), "thriftfork_calls_in_flight") == 1
    s.signal(signal.SIGTERM)
    until(lambda: a.get("/readyz").status == 503, "it is not ready any more")
    assert a.get("/readyz").text == "the server stops\n"
    assert a.get("/healthz").status == 200
    assert total(a.metrics(), "thriftfork_stopping") == 1
    writer.close()
    peer.reply()
    until(lambda: a.get("/healthz").status == 503, "the master has gone")
    for path in "/metrics", "/status.json", "/readyz":
        assert a.get(path).status == 503, path
    assert a.get("/healthz").text.startswith("the master has gone: ")
    a.end()


REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
MEGABYTE = b"x" * (1 << 20)
# What is sent, and what the answer has to begin with; None: there may be one
# or not.  The connection has to end.
HOSTILE = {
    "nothing": (b"", b""),
    "half a word": (b"GE", b""),
    "half a line": (b"GET /metrics HT", b""),
    "half a head": (b"GET /metrics HTTP/1.1\r\nHost: x\r\nA: b", b""),
    "a head without its end": (b"GET /metrics HTTP/1.1\r\nHost: x\r\n", b""),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
    "no HTTP": (b"\0" * 1000 + b"\r\n\r\n", None),
    "TLS": (bytes.fromhex("16030100d8010000d40303") + b"\0" * 200, None),
    "Thrift": (b"\0\0\0\x10\x82\x21\x01\x04ping\0\0\0\0\0\0\0\0", None),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
    "HTTP/0.9": (b"GET /healthz\r\n", None),
    "HTTP/1.0": (b"GET /healthz HTTP/1.0\r\n\r\n", b"HTTP/1.1 200"),
    "a long path": (b"GET /" + MEGABYTE + b" HTTP/1.1\r\n\r\n", None),
    "a long header": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + MEGABYTE +
                      b"\r\n\r\n", None),
    "many headers": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n" +
                     b"A: b\r\n" * 100000 + b"\r\n", None),
    "a line without end": (MEGABYTE * 4, None),
    "a body that never comes": (b"POST /metrics HTTP/1.1\r\nHost: x\r\n"
                                b"Content-Length: 99999999999\r\n\r\n",
                                b"HTTP/1.1 405"),
    "a body that never ends": (b"POST /metrics HTTP/1.1\r\nHost: x\r\n"
                               b"Transfer-Encoding: chunked\r\n\r\n" +
                               b"5\r\nhello\r\n" * 1000, None),
    "a GET with a body": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
                          b"Content-Length: 5\r\n\r\nhello", b"HTTP/1.1 200"),
    "two lengths": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", None),
    "a hundred at once": (REQUEST * 100, b"HTTP/1.1 200"),
    "a zero in the path": (b"GET /healthz\0x HTTP/1.1\r\nHost: x\r\n\r\n",
                           None),
    "percent": (b"GET /%00%zz% HTTP/1.1\r\nHost: x\r\n\r\n", None),
    "a long query": (b"GET /readyz?" + b"workers=1&" * 1000 +
                     b" HTTP/1.1\r\nHost: x\r\n\r\n", None),
}


class Stranger:
    """Sends as fast as it can, or a byte now and then, and reads."""

    def __init__(self, address, data, answer, slowly=False):
        self.socket = dial(address)
        self.socket.setblocking(False)
        self.data = data
        self.answer = answer
        self.slowly = slowly
        self.got = b""
        self.ended = False
        self.next = self.begun = time.monotonic()

    def step(self):
        now = time.monotonic()
        if self.data and now >= self.next:
            with contextlib.suppress(BlockingIOError, BrokenPipeError,
                                     ConnectionResetError):
                n = self.socket.send(self.data[:1] if self.slowly else
                                     self.data)
                self.data = self.data[n:]
                self.next = now + (0.25 if self.slowly else 0)
        try:
            while True:
                piece = self.socket.recv(65536)
                if not piece:
                    break
                self.got += piece
        except BlockingIOError:
            return
        except ConnectionResetError:
            pass
        self.ended = True
        self.seconds = now - self.begun
        self.socket.close()


def hostile_clients():
    "are closed in time, and a scrape beside them is answered"
    is_built()
    s = calc(workers=1)
    a = Admin("-n", s.name)
    strangers = {k: Stranger(a.address, *v) for k, v in HOSTILE.items()}
    slow = {k + ", slowly": Stranger(a.address, v[0], None, True)
            for k, v in HOSTILE.items() if len(v[0]) > 40}
    strangers.update(slow)
    end = time.monotonic() + ASKS + DEADLINE
    beside = 0                      # scrapes before the last slow one left
    while not all(x.ended for x in strangers.values()):
        assert time.monotonic() < end, \
            [k for k, x in strangers.items() if not x.ended]
        for x in strangers.values():
            if not x.ended:
                x.step()
        assert a.get("/metrics").status == 200
        beside += not all(x.ended for x in slow.values())
        select.select([], [], [], 0.02)
    assert beside > 3, "scrapes had to wait"
    for name, x in strangers.items():
        if x.answer is not None:
            assert x.got.startswith(x.answer), (name, x.got[:80])
            assert x.answer or x.got == b"", (name, x.got[:80])
        assert x.got.count(b" 200 OK") <= 1, (name, x.got[:300])
    assert all(x.seconds > ASKS / 2 for x in slow.values()), \
        "nobody was slow"
    a.end()
    assert s.stop() == 0


def ten_thousand_connections():
    "of which each is idle; the scrapes between them are answered"
    is_built()
    s = calc(workers=1)
    a = Admin("-n", s.name)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    kept = []
    first = dial(a.address)
    for i in range(10000):
        kept.append(dial(a.address))
        if len(kept) > most - 200:
            kept.pop(0).close()
        if i % 500 == 0:
            assert a.get("/healthz").status == 200
            n = len(descriptors(a.pid))
            assert n < MOST + 100, n
    assert first.recv(1) == b"", "the first one is still in"
    last = kept[-1]
    last.sendall(REQUEST)
    assert last.recv(12) == b"HTTP/1.1 200", "the last one is out"
    assert a.get("/metrics").status == 200
    for c in kept:
        c.close()
    until(lambda: len(descriptors(a.pid)) < 40, "all are gone")
    a.end()
    assert s.stop() == 0


def a_last_answer():
    "who has connected is answered, although it has been told to stop"
    is_built()
    s = calc(workers=1)
    a = Admin("-n", s.name)
    c = dial(a.address)
    c.sendall(REQUEST[:10])
    until(lambda: len(descriptors(a.pid)) > 0, "it runs")
    assert a.get("/healthz").status == 200      # so it has come in before
    a.process.send_signal(signal.SIGTERM)
    until(lambda: not os.path.exists(a.path), "it lets nobody in")
    c.sendall(REQUEST[10:])
    assert c.recv(12) == b"HTTP/1.1 200"
    c.close()
    assert a.process.wait(DEADLINE) == 0
    assert s.stop() == 0


def after_a_standstill():
    "who has asked in time is answered, however late that is looked at"
    is_built()
    s = calc(workers=1)
    a = Admin("-n", s.name)
    c = dial(a.address)
    c.sendall(REQUEST[:10])
    assert a.get("/healthz").status == 200      # so it has come in before
    a.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    c.sendall(REQUEST[10:])
    until(lambda: time.monotonic() > begun + ASKS + 1, "its time is over")
    a.process.send_signal(signal.SIGCONT)
    assert c.recv(12) == b"HTTP/1.1 200"
    c.close()
    a.end()
    assert s.stop() == 0


def where_it_is():
    "it says itself, and the ports that the system has chosen"
    is_built()
    s = calc(workers=1)
    a = Admin("-n", s.name, "-l", "127.0.0.1:0", "-l", "[::1]:0", "-a", ":0")
    four, six, agent = a.others
    assert four.startswith("127.0.0.1:") and six.startswith("[::1]:"), a.others
    for address in four, six:
        assert get(address, "/healthz").status == 200
    with dial(agent) as c:
        assert c.recv(100).startswith(b"up ")
    a.end()
    assert s.stop() == 0


def what_is_refused():
    is_built()
    s = calc(workers=1)
    refused(2, "usage: ", "admin", "-n", s.name)
    refused(2, "usage: ", "admin", "-x")
    refused(1, "HOST:PORT", "admin", "-l", "nonsense", "-n", s.name)
    refused(1, "in use", "admin", "-l", s.address, "-n", s.name)
    file = os.path.join(tempdir(), "s")
    path = "unix:" + file
    for status, words, args in (
            (1, "no-such-instance", ("-n", "no-such-instance")),
            (1, "in use", ("-n", s.name, "-a", s.address)),
            (1, "HOST:PORT", ("-n", s.name, "-l", "nonsense")),
            (2, "is too long", ("-S", 300 * "x")),
            (2, "usage: ", ("-n", s.name, "more"))):
        refused(status, words, "admin", "-l", path, *args)
        assert not os.path.exists(file), args
    refused(2, "is too long", "top", "-S", 300 * "x")
    refused(2, "too small", "admin", "--segment-fd", "2", "--http-fd", "3")
    with open("/dev/null") as f:
        refused(1, "sealed", "admin", "--segment-fd", str(f.fileno()),
                "--http-fd", str(f.fileno()), pass_fds=(f.fileno(),))
    done = launcher("admin", "--help")
    assert done.returncode == 0 and "-l ADDR" in done.stdout, done
    assert launcher("admin", "--version").stdout.startswith("thriftfork ")
    assert s.stop() == 0


main([numbers_of_a_load, names_of_the_manual, promtool_finds_nothing,
      what_is_answered, states_of_a_server, hostile_clients,
      ten_thousand_connections, a_last_answer, after_a_standstill,
      where_it_is, what_is_refused])
