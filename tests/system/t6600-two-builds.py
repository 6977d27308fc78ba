#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An upgrade between two builds that write connections down differently: they
move in the version that both know.  Where there is none they stay, are served,
and end with their worker."""

import contextlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import under_load
from daemon import launcher, read
from harness import (DEADLINE, Skip, built, gone, main, source, tempdir,
                     until)
from upgraded import Upgraded

LIBRARY = "libthriftfork.so.0"
MODULE = built(".libs/calc.so")
LARGE = 100 * 1024              # more unread input than a record holds
HOME = tempdir()


def frame(body):
    return len(body).to_bytes(4, "big") + body


PING = frame(b"\x82\x21\x01\x04ping\0")
# With an argument that nobody knows: a string of LARGE bytes.
LARGE_PING = frame(b"\x82\x21\x01\x04ping\x18\x80\xa0\x06" + LARGE * b"x" +
                   b"\0")


def of_make(name):
    """What a variable is in the Makefile, as a list of words."""
    found = re.search(r"(?m)^%s = (.*)$" % name, read(built("Makefile")))
    return shlex.split(found.group(1)) if found else []


def dependencies():
    text = read(built(".libs/libthriftfork.lai"))
    return shlex.split(re.search("dependency_libs='(.*)'", text).group(1))


def build(version, alone):
    """The library with another record; its path."""
    path = os.path.join(HOME, "%d" % version, LIBRARY)
    compiler = of_make("CC")
    core = built(".libs/libcore.a")
    if not compiler or not shutil.which(compiler[0]):
        raise Skip("no compiler")
    if not os.path.exists(core) or not os.path.exists(built(".libs/" +
                                                            LIBRARY)):
        raise Skip("no objects of a shared library to link")
    if os.path.exists(path):
        return path
    os.mkdir(os.path.dirname(path))
    subprocess.run(
        [*compiler, *of_make("CFLAGS"), *of_make("SAN"), "-std=c11", "-fPIC",
         "-fvisibility=hidden", "-D_GNU_SOURCE", "-I" + source("include"),
         "-I" + source("src"), "-DOTHER_VERSION=%d" % version,
         "-DOTHER_ALONE=%d" % alone, "-shared", "-o", path,
         source("tests/system/t6600-record.c"), "-Wl,-soname," + LIBRARY,
         "-Wl,--version-script=" + source("src/libthriftfork.map"),
         # The record above stands before that of the core.
         "-Wl,-z,muldefs", "-Wl,--whole-archive", core,
         "-Wl,--no-whole-archive", *dependencies()], check=True)
    return path


def first():
    return built(".libs/" + LIBRARY)


def second():
    return build(3, False)


def third():
    return build(4, True)


class Builds(Upgraded):
    """A server that runs the launcher with one library after another."""

    def __init__(self, library, *options, **more):
        self.path = os.path.join(tempdir(), LIBRARY)
        self.install(library)
        os.environ["LD_LIBRARY_PATH"] = os.path.dirname(self.path)
        program = built(".libs/thriftfork")
        super().__init__([program, "run", MODULE], *options, **more)
        assert self.runs(library)

    def install(self, library):
        os.symlink(library, self.path + ".new")
        os.rename(self.path + ".new", self.path)

    def runs(self, library):
        return os.path.realpath(library) in read("/proc/%d/maps" % self.pid)

    def upgrade_to(self, library):
        """The old master, which may still be there."""
        old = self.pid
        self.install(library)
        self.upgrade()
        assert self.runs(library)
        return old

    def counters(self):
        return self.status()["counters"]


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), DEADLINE)


def replies(c, n):
    with c.makefile("rb", buffering=0) as f:
        for _ in range(n):
            size = int.from_bytes(f.read(4), "big")
            assert b"ping" in f.read(size)


class Clients:
    """One is idle, one has sent half a request, one has many under way."""

    def __init__(self, server):
        self.all = [connect(server) for _ in range(3)]
        self.idle, self.half, self.piped = self.all
        self.server = server
        self.call()

    def call(self):
        for c in self.all:
            c.sendall(PING)
            replies(c, 1)

    def begin(self):
        """Half of a request has arrived, on two of them."""
        before = self.server.counters()
        self.half.sendall(PING[:7])
        self.piped.sendall(10 * PING + PING[:9])
        replies(self.piped, 10)
        return before

    def finish(self):
        self.half.sendall(PING[7:])
        replies(self.half, 1)
        self.piped.sendall(PING[9:] + 10 * PING)
        replies(self.piped, 11)
        self.call()

    def ended(self):
        """All of them, by the server, and in order."""
        for c in self.all:
            assert c.recv(1) == b"", "more than the end"
            c.close()


def versions(server, pids):
    """Of the records that these workers wrote at last; the first build does
    not tell."""
    said = dict(re.findall(r"\[(\d+)\].* writes records of version (\d)",
                           server.drain_log()))
    return {said[str(pid)] for pid in pids if str(pid) in said}


def all_move(server, to, clients, persistent):
    before = clients.begin()
    givers = server.workers().values()
    old = server.upgrade_to(to)
    until(lambda: gone(old), "the old master leaves")
    clients.finish()
    now = server.counters()
    for way in ("connections_moved_in", "connections_moved_out"):
        assert now[way] - before[way] >= persistent, (way, before, now)
    for bad in ("connections_closed", "connections_lost"):
        assert now[bad] == before[bad], (bad, before, now)
    return versions(server, givers)


def there_and_back():
    """to a later one, from that to itself, and back, under load"""
    s = Builds(first(), workers=2)
    clients = Clients(s)
    with under_load(s, "-c", 16, "-d", 4):
        all_move(s, second(), clients, 19)
        assert all_move(s, second(), clients, 19) == {"3"}
        assert all_move(s, first(), clients, 19) == {"2"}
    s.end()


def one_that_drains_already():
    """hears of it, too: its worker was told to leave by a reload"""
    s = Builds(second(), "-o", "canary-time=50ms", workers=1)
    c = connect(s)
    received = s.counters()["bytes_received"]
    c.sendall(LARGE_PING[:-5])
    until(lambda: s.counters()["bytes_received"] - received ==
          len(LARGE_PING) - 5, "most of it has arrived")
    assert launcher("reload", "-n", s.name).returncode == 0
    assert s.counters()["connections_moved_out"] == 0, "it could move"
    old = s.upgrade_to(first())
    assert not gone(old), "nothing keeps it"
    c.sendall(LARGE_PING[-5:])
    replies(c, 1)
    until(lambda: gone(old), "the old master leaves")
    c.sendall(PING)
    replies(c, 1)
    counters = s.counters()
    assert counters["connections_moved_in"] == 1, counters
    assert counters["connections_closed"] == 0, counters
    s.end()


def nobody_understands(a, b):
    s = Builds(a, "-o", "drain-timeout=3s", workers=1)
    clients = Clients(s)
    clients.begin()
    old = s.upgrade_to(b)
    clients.finish()
    with contextlib.closing(connect(s)) as c:
        c.sendall(PING)
        replies(c, 1)
        assert not gone(old), "the old one did not wait"
        until(lambda: gone(old), "the old master leaves")
        clients.ended()
        c.sendall(PING)
        replies(c, 1)
    counters = s.counters()
    assert counters["connections_moved_in"] == 0, counters
    assert counters["connections_closed"] >= 3, counters
    assert counters["connections_lost"] == 0, counters
    assert counters["calls_begun"] == counters["calls_ended"], counters
    s.end()


def a_version_that_nobody_writes():
    """they are served where they are, and end with their worker"""
    nobody_understands(first(), third())


def a_version_that_nobody_reads():
    """the same"""
    nobody_understands(third(), first())


main([there_and_back, one_that_drains_already, a_version_that_nobody_writes,
      a_version_that_nobody_reads])
