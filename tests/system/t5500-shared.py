#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What workers share: counters and gauges of the user's own, locks across
workers, generations and masters, and a list in LMDB while workers are killed.
TF_KILLS is how many of them, TF_SEED which."""

import contextlib
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import fifo
from daemon import launcher, refused, written
from harness import (DEADLINE, Server, Skip, built, gone, main, python_client,
                     source, tempdir, until)
from upgraded import Upgraded

try:
    from thrift.protocol.TCompactProtocol import TCompactProtocol
    from thrift.transport import TSocket, TTransport
except ImportError:
    TCompactProtocol = None

RUN = [built("thriftfork"), "run"]
LOCKS = built(".libs/locks.so")
SHARED = built(".libs/shared.so")
KILLS = int(os.environ.get("TF_KILLS", "30"))
SEED = int(os.environ.get("TF_SEED", "4711"))
# A machine that builds beside the short form is no hang.
HANG = 1.0 if KILLS >= 1000 else 5.0

modules = {}


def generated(name):
    """The module of a service, by its file."""
    if TCompactProtocol is None:
        raise Skip("no python3-thrift")
    if name not in modules:
        sys.path.insert(0, python_client(source(name)))
        stem = os.path.basename(name).split(".")[0]
        modules[name] = __import__(stem, fromlist=[stem.capitalize()])
    return getattr(modules[name], os.path.basename(name).split(".")[0]
                   .capitalize())


class Client:
    """One connection; its methods are those of the service."""

    def __init__(self, port, idl, seconds=DEADLINE):
        tcp = TSocket.TSocket("127.0.0.1", port)
        tcp.setTimeout(seconds * 1000)
        self.transport = TTransport.TFramedTransport(tcp)
        self.service = generated(idl).Client(TCompactProtocol(self.transport))
        self.transport.open()

    def __getattr__(self, method):
        return getattr(self.service, method)

    def close(self):
        self.transport.close()


class Locks(Upgraded):
    """The module of the test; declared is what its setup() declares."""

    def __init__(self, declared, *options, **more):
        self.file = written(tempdir(), "declared", declared)
        os.chmod(os.path.dirname(self.file), 0o755)
        generated("tests/system/locks.thrift")
        super().__init__(RUN, "-o", "canary-time=50ms", *options, LOCKS,
                         self.file, **more)

    def declare(self, text):
        written(os.path.dirname(self.file), "declared", text)

    def client(self, seconds=DEADLINE):
        return Client(self.port, "tests/system/locks.thrift", seconds)

    def clients(self):
        """One for each worker."""
        found = {}
        while len(found) < len(self.workers()):
            c = self.client()
            if found.setdefault(c.pid(), c) is not c:
                c.close()
        return list(found.values())

    def own(self):
        return self.status()["own"]


def counters_and_gauges():
    """counters never fall, gauges are of those who live"""
    s = Locks("counter hits gauge size", workers=2)
    a, b = s.clients()
    for c in (a, b):
        c.add("hits", 5)
        c.add("size", 7)
    a.add("size", -20)
    status = s.status()
    assert status["own"] == {"hits": 10, "size": -6}, status["own"]
    lanes = [lane["own"] for lane in status["lanes"]]
    assert sorted(lane["size"] for lane in lanes) == [-13, 7], lanes
    out = launcher("status", "-n", s.name).stdout
    assert re.search(r"(?m)^OWN +VALUE\nhits +10\nsize +-6$", out), out
    pid = a.pid()
    os.kill(pid, signal.SIGKILL)
    s.await_log(r"pid %d .*died of signal 9" % pid)
    assert s.own() == {"hits": 10, "size": 7}, s.own()
    s.await_log(r"worker \d+ pid \d+ serves")
    for c in s.clients():
        c.add("hits", 1)
    assert s.own() == {"hits": 12, "size": 7}, s.own()
    s.declare("gauge size counter hits counter more")
    assert launcher("reload", "-n", s.name).returncode == 0
    until(lambda: s.own() == {"hits": 12, "size": 0, "more": 0}, "the old go")
    s.upgrade()
    for c in s.clients():
        c.add("more", 1)
    assert s.own() == {"hits": 12, "size": 0, "more": 2}, s.own()
    s.end()


def histograms():
    """are those of all who ever lived, in threads and on the loop"""
    for threads in ((), ("-o", "threads=3", "-o", "threaded=yes")):
        s = Locks("ns lookup rows found counter hits", *threads, workers=2)
        a, b = s.clients()
        for n in range(1, 101):
            (a if n % 2 else b).add("found", n)
            a.add("lookup", n * 1000)
        own = s.status()["own_histograms"]
        assert list(own) == ["lookup", "found"], own
        found = own["found"]
        assert (found["unit"], found["count"], found["sum"], found["max"]) == \
            ("rows", 100, 5050, 100), found
        assert found["p50"] == 51 and 99 <= found["p99"] <= 103, found
        assert own["lookup"]["unit"] == "ns", own
        assert s.own() == {"hits": 0}, s.own()
        lanes = [n["own_histograms"] for n in s.status()["lanes"]]
        assert sorted(n["found"]["sum"] for n in lanes) == [2500, 2550]
        assert sorted(n["lookup"]["count"] for n in lanes) == [0, 100]
        out = launcher("status", "-n", s.name).stdout
        assert re.search(r"(?m)^HISTOGRAM +OF +COUNT +P50 +P99 +MAX\n"
                         r"lookup +time +100 +\S+us +\S+us +100us\n"
                         r"found +rows +100 +51 +\d+ +100$", out), out
        os.kill(a.pid(), signal.SIGKILL)
        s.await_log(r"died of signal 9")
        s.await_log(r"worker \d+ pid \d+ serves")
        s.declare("counter hits ns lookup rows more")
        assert launcher("reload", "-n", s.name).returncode == 0
        for c in s.clients():
            c.add("lookup", 1)
            c.add("more", 7)
        s.upgrade()
        for c in s.clients():
            c.add("lookup", 1)
        now = s.status()["own_histograms"]
        assert now["found"] == found, (now, found)
        assert now["lookup"]["count"] == 104, now
        assert now["more"]["sum"] == 14, now
        s.declare("rows lookup")
        s.refused("histogram lookup: it is in ns already, not in rows")
        s.end()


def a_name_stays_what_it_is():
    """a reload that makes something else of it is refused, and an upgrade"""
    s = Locks("counter hits lock list", workers=1)
    for text, words in [
            ("gauge hits", "gauge hits: it is a counter already"),
            ("counter list", "counter list: it is a lock already"),
            ("counter a-b", "counter a-b: a name has letters, digits and _"),
            ("counter a lock a", "lock a: declared as something else"),
            ("ns hits", "histogram hits: it is a counter already"),
            ("".join("rows h%d " % i for i in range(17)),
             "there is no room for more than 16"),
            ("late x", "lock x: declared later than in setup"),
            ("".join("counter c%d " % i for i in range(257)),
             "there is no room for more than 256"),
            ("".join("lock l%d " % i for i in range(65)),
             "there is no room for more than 64")]:
        s.declare(text)
        done = launcher("reload", "-n", s.name)
        assert done.returncode == 1, (text, done)
        assert words in done.stderr + s.drain_log(), (text, done)
    s.declare("gauge hits")
    s.refused("gauge hits: it is a counter already")
    assert s.client().wait("list", 0) == "locked"
    s.end()


def refused_in_preflight():
    with_bad = written(tempdir(), "declared", "gauge 9lives")
    os.chmod(os.path.dirname(with_bad), 0o755)
    refused(1, r"gauge 9lives: a name begins with a letter",
            "run", "-t", LOCKS, with_bad)
    good = written(os.path.dirname(with_bad), "good",
                   "lock list gauge size counter hits")
    done = launcher("run", "-t", LOCKS, good)
    assert done.returncode == 0, done
    assert done.stdout.splitlines() == [
        "Locks.add", "Locks.keep", "Locks.pid", "Locks.ping", "Locks.take",
        "Locks.wait", "lock list", "gauge size", "counter hits"] or \
        sorted(done.stdout.splitlines()[:6]) == [
            "Locks.add", "Locks.keep", "Locks.pid", "Locks.ping",
            "Locks.take", "Locks.wait"], done.stdout


def in_one_process():
    """with workers 0, where a lock is between threads"""
    s = Locks("counter hits lock list", workers=0)
    c = s.client()
    c.add("hits", 3)
    assert c.keep("list") == "locked"
    assert c.wait("list", 0) == "EDEADLK"
    s.signal(signal.SIGTERM)
    assert s.wait() == 0


class Holder:
    """A call that has a lock until it is told to let go."""

    def __init__(self, server, name):
        self.path = fifo()
        self.client = server.client()
        self.pid = self.client.pid()
        self.thread = threading.Thread(target=self.run, args=(name,))
        self.thread.start()
        self.writer = open(self.path, "wb", buffering=0)    # it has it

    def run(self, name):
        self.said = None
        with contextlib.suppress(Exception):
            self.said = self.client.take(name, self.path)

    def end(self):
        self.writer.close()
        self.thread.join(DEADLINE)
        return self.said


def waits(client, name, ms=20000):
    """A call that waits for the lock meanwhile; the answer comes later."""
    box = []
    t = threading.Thread(target=lambda: box.append(client.wait(name, ms)))
    t.start()
    return t, box


def answer(waiting):
    thread, box = waiting
    thread.join(DEADLINE)
    assert box, "it waits for ever"
    return box[0]


def locks_between_workers():
    """and what a death makes of them"""
    s = Locks("lock list lock other", workers=2)
    a, b = s.clients()
    assert a.keep("list") == "locked"
    assert a.wait("list", 0) == "EDEADLK", "again by the same thread"
    assert b.wait("list", 0) == "EBUSY"
    assert b.wait("list", 50) == "EBUSY"
    assert b.wait("other", 0) == "locked", "another lock"
    waiting = waits(b, "list")
    os.kill(a.pid(), signal.SIGKILL)
    assert answer(waiting) == "abandoned"
    assert b.wait("list", 0) == "locked"
    s.await_log(r"worker \d+ pid \d+ serves")
    a, b = s.clients()
    assert a.keep("list") == "locked"
    waiting = waits(b, "list")
    # One that leaves in order and has not let go is no better.
    os.kill(a.pid(), signal.SIGTERM)
    a.close()
    assert answer(waiting) == "abandoned"
    s.end()


def locks_between_generations():
    """an old one's holder is the new one's, for a reload and an upgrade"""
    s = Locks("lock list", "-o", "drain-timeout=60s", workers=1)
    for change in (lambda: launcher("reload", "-n", s.name), s.upgrade):
        old = Holder(s, "list")
        change()
        new = s.client()
        assert new.pid() != old.pid
        assert new.wait("list", 0) == "EBUSY"
        waiting = waits(new, "list")
        assert old.end() == "locked"
        assert answer(waiting) == "locked"
        new.close()
        until(lambda: gone(old.pid), "the old one leaves")
    old = Holder(s, "list")
    s.upgrade()
    new = s.client()
    waiting = waits(new, "list")
    os.kill(old.pid, signal.SIGKILL)
    assert answer(waiting) == "abandoned"
    assert new.wait("list", 0) == "locked"
    new.close()
    old.end()
    s.end()


def lists():
    """what a killed worker's clients have added is there, and counted"""
    needs_lmdb()
    s = Shared(tempdir(), workers=2)
    c = s.client()
    assert [c.add_data(d) for d in ("a", "", "ccc")] == [1, 2, 3]
    for worker in (c, s.client(), s.client()):
        assert worker.get_data(1, 10) == ["a", "", "ccc"]
        assert worker.get_data(3, 1) == ["ccc"]
    tally = c.tally()
    assert (tally.items, tally.bytes) == (3, 4), tally
    assert s.status()["own"] == {"items_added": 3, "items_pending": 0}
    assert s.stop() == 0
    again = Shared(s.dir, workers=1)
    assert again.client().get_data(1, 10) == ["a", "", "ccc"]
    assert again.client().add_data("d") == 4
    assert again.stop() == 0


def needs_lmdb():
    if not os.path.exists(SHARED):
        raise Skip("built without LMDB (package liblmdb-dev)")


def locks_that_cannot_be_shared():
    """an upgrade to another kind of segment is refused where there are some"""
    for declared, words in (("counter hits", None), ("lock list", "its "
                            "workers would have locks of their own")):
        conf = written(tempdir(), "conf", "max-workers 8\n")
        s = Locks(declared, "-c", conf, workers=1,
                  listen="unix:" + os.path.join(tempdir(), "socket"))
        written(os.path.dirname(conf), "conf", "max-workers 9\n")
        if words:
            s.refused(words)
        else:
            s.upgrade()
            s.await_log("of another kind; they begin anew")
        s.end()


class Shared(Server):
    def __init__(self, path, *options, **more):
        generated("tests/examples/shared/shared.thrift")
        self.dir = path
        super().__init__(RUN, *options, SHARED, path, **more)

    def client(self, seconds=DEADLINE):
        return Client(self.port, "tests/examples/shared/shared.thrift",
                      seconds)


class Appender(threading.Thread):
    """Appends items of its own, each once, and notes what became of them."""

    def __init__(self, server, number, stop):
        super().__init__()
        self.server, self.number, self.stop = server, number, stop
        self.acked, self.unknown, self.longest = {}, set(), 0.0
        self.wrong = None
        self.start()

    def items(self):
        n = 0
        while not self.stop.is_set():
            n += 1
            yield "%d.%d.%s." % (self.number, n, "x" * (n * 37 % 300))

    def append(self, client, item, known):
        sent = time.monotonic()
        try:
            self.acked[item] = client.add_data(item)
        except (TTransport.TTransportException, OSError) as lost:
            if isinstance(lost, socket.timeout) or "timed out" in str(lost):
                raise
            self.unknown.add(item)
            return False
        # The first call of a connection waits for a worker to take it.
        if known:
            self.longest = max(self.longest, time.monotonic() - sent)
        return True

    def run(self):
        client = None
        try:
            for item in self.items():
                known = client is not None
                if not known:
                    client = self.server.client()
                if not self.append(client, item, known):
                    client.close()
                    client = None
        except Exception as wrong:
            self.wrong = wrong


class Reader(threading.Thread):
    """Whenever it looks, list and tally are whole and agree."""

    def __init__(self, server, stop):
        super().__init__()
        self.server, self.stop = server, stop
        self.list, self.bytes, self.looks, self.wrong = [], 0, 0, None
        self.start()

    def look(self, client):
        tally = client.tally()
        assert tally.items >= len(self.list), "the list is shorter"
        while len(self.list) < tally.items:
            more = client.get_data(len(self.list) + 1, min(
                500, tally.items - len(self.list)))
            assert more, "the tally has more than the list"
            self.list += more
            self.bytes += sum(map(len, more))
        assert self.bytes == tally.bytes, (self.bytes, tally)
        self.repairs = tally.repairs
        self.looks += 1

    def run(self):
        client = None
        while self.wrong is None and not self.stop.wait(0.02):
            try:
                client = client or self.server.client()
                self.look(client)
            except (TTransport.TTransportException, OSError):
                client = None
            except Exception as wrong:
                self.wrong = wrong


class Killer:
    """Kills workers that have served for so long that their successor comes
    at once."""

    FORGIVEN = 1.05

    def __init__(self, server):
        self.server, self.random = server, random.Random(SEED)
        self.since, self.at = {}, 0
        self.look()

    def look(self):
        log = self.server.drain_log()
        for m in re.finditer(r"worker \d+ pid (\d+) serves\n", log[self.at:]):
            self.since[int(m.group(1))] = time.monotonic()
        self.at = log.rindex("\n") + 1

    def pause(self, seconds):
        select.select([self.server.read_fd], [], [], seconds)
        self.look()

    def choose(self):
        while True:
            ripe = [p for p, since in sorted(self.since.items())
                    if time.monotonic() - since > self.FORGIVEN]
            if ripe:
                return self.random.choice(ripe)
            self.pause(0.05)

    def kill(self):
        # Anywhere in what it does.
        select.select([], [], [], self.random.random() / 50)
        pid = self.choose()
        del self.since[pid]
        os.kill(pid, signal.SIGKILL)


def nothing_wrong(threads):
    for t in threads:
        assert t.wrong is None, repr(t.wrong)


def whole(items):
    """Each as its appender made it, none twice."""
    for item in items:
        number, n, xs, end = item.split(".")
        assert xs == "x" * (int(n) * 37 % 300) and end == "", item
    assert len(set(items)) == len(items), "an item is there twice"


def killed_while_they_append():
    """no hang, nothing half written, the sums are right"""
    needs_lmdb()
    s = Shared(tempdir(), workers=6)
    stop = threading.Event()
    appenders = [Appender(s, i, stop) for i in range(12)]
    reader = Reader(s, stop)
    killer = Killer(s)
    started = time.monotonic()
    try:
        for _ in range(KILLS):
            killer.kill()
            nothing_wrong([*appenders, reader])
    finally:
        took = time.monotonic() - started
        stop.set()
        for t in [*appenders, reader]:
            t.join(DEADLINE)
    nothing_wrong([*appenders, reader])
    until(lambda: len(s.workers()) == 6, "all serve again")
    reader.look(s.client())
    acked = {item: place for a in appenders for item, place in
             a.acked.items()}
    unknown = {item for a in appenders for item in a.unknown}
    items, own = reader.list, s.status()["own"]
    longest = max(a.longest for a in appenders)
    print("# %d kills in %.0f s, seed %d: %d acknowledged, %d in flight at "
          "them, %d in the list, %d counted; %d locks abandoned, %d looks, "
          "longest call %.0f ms" % (
              KILLS, took, SEED, len(acked), len(unknown), len(items),
              own["items_added"], reader.repairs, reader.looks,
              longest * 1000))
    whole(items)
    for item, place in acked.items():
        assert items[place - 1] == item, (item, place)
    assert set(items) - set(acked) <= unknown
    assert len(acked) <= own["items_added"] <= len(items) <= \
        len(acked) + len(unknown), own
    assert own["items_pending"] == 0, own
    assert reader.repairs > 0 and len(unknown) > 0, "nobody died in the midst"
    assert longest < HANG, longest
    log = s.drain_log()
    assert len(re.findall("died of signal 9", log)) == KILLS
    assert "in a row" not in log, "it was not at once"
    assert s.stop() == 0


main([counters_and_gauges, histograms, a_name_stays_what_it_is,
      refused_in_preflight, in_one_process, locks_between_workers,
      locks_between_generations, locks_that_cannot_be_shared, lists,
      killed_while_they_append])
