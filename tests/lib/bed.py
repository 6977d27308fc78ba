# SPDX-License-Identifier: Apache-2.0
"""The test bed in a mood, serving the calculator as well: supervision is tried
out on it while the load client counts what its clients feel."""

import contextlib
import os
import re
import socket
import struct

from daemon import descriptors, launcher, written
from harness import BUILD, DEADLINE, Load, Server, tempdir, until


CALL, ONEWAY = 1, 4             # message types


def varint(n):
    out = b""
    while n > 0x7f:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def i32(n):
    """The arguments of a method that has one such."""
    return b"\x15" + varint(n << 1 ^ n >> 31) + b"\0"


def text(s):
    """The same of a string."""
    return b"\x18" + varint(len(s)) + s.encode() + b"\0"


def fifo():
    path = os.path.join(tempdir(), "fifo")
    os.mkfifo(path)
    return path


def frame(method, args=b"\0", kind=CALL):
    """A message in compact protocol, with its length."""
    body = (b"\x82" + bytes([kind << 5 | 1]) + b"\x07" +
            varint(len(method)) + method.encode() + args)
    return struct.pack(">I", len(body)) + body


class Peer:
    """A connection that calls the test bed by hand, compact and framed."""

    def __init__(self, server, seconds=DEADLINE):
        if server.port is None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(seconds)
            self.socket.connect(server.address[len("unix:"):])
        else:
            self.socket = socket.create_connection(("127.0.0.1", server.port),
                                                   seconds)
        self.file = self.socket.makefile("rb")

    def send(self, method, args=b"\0", kind=CALL):
        self.socket.sendall(frame(method, args, kind))
        return self

    def reply(self):
        """The body of the reply, or None at the end of the connection."""
        with contextlib.suppress(ConnectionResetError):
            head = self.file.read(4)
            return self.file.read(struct.unpack(">I", head)[0]) \
                if len(head) == 4 else None

    def call(self, method, args=b"\0"):
        return self.send(method, args).reply()

    def pid(self):
        """Of the worker that has the connection; None if none has."""
        body = self.call("pid")
        if body is None:
            return None
        at = body.index(b"pid") + 5             # behind the field's header
        n = shift = 0
        while True:
            n |= (body[at] & 0x7f) << shift
            if body[at] < 0x80:
                return n >> 1
            at += 1
            shift += 7

    def close(self):
        self.file.close()
        self.socket.close()

    def reset(self):
        """Closes so that the server knows that nobody listens any more."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.close()


def held_call(server):
    """A call that is in its handler, and the fifo that ends it."""
    path = fifo()
    call = Peer(server).send("hold", text(path))
    return call, open(path, "wb", buffering=0)  # opens when the handler reads


class Bed(Server):
    """A server with a mood that can be changed, and a configuration."""

    def __init__(self, *options, workers=2, mood="good", conf="", module=None,
                 build=BUILD, **more):
        self.dir = tempdir()
        os.chmod(self.dir, 0o755)
        self.mood_path = written(self.dir, "mood", mood)
        self.conf_path = written(self.dir, "conf", conf)
        self.module = module or os.path.join(build, ".libs/testbed.so")
        super().__init__(
            [os.path.join(build, "thriftfork"), "run"], "-o",
            "canary-time=50ms", "-c", self.conf_path, *options, self.module,
            "obey", self.mood_path, os.path.join(build, ".libs/calc.so"),
            workers=workers, **more)

    def mood(self, mood):
        written(self.dir, "mood", mood)

    def conf(self, text):
        written(self.dir, "conf", text)

    def verb(self, *words):
        """The finished command; nothing of it may hang."""
        return launcher(words[0], "-n", self.name, *words[1:])

    def succeeds(self, *words):
        done = self.verb(*words)
        assert done.returncode == 0 and done.stderr == "", done

    def fails(self, words, *verb):
        """With status 1 and one line, in which the words are."""
        done = self.verb(*verb)
        assert done.returncode == 1, done
        assert len(done.stderr.splitlines()) == 1, done
        assert re.search(words, done.stderr), done
        return done.stderr

    def moods(self):
        """What each of several connections in turn is told."""
        said = set()
        for _ in range(8):
            peer = Peer(self)
            said.add(peer.call("mood")[11:-1].decode())
            peer.close()
        return said

    def processes(self):
        path = "/proc/%d/task/%d/children" % (self.pid, self.pid)
        with open(path) as f:
            return [int(p) for p in f.read().split()]

    def settle(self):
        """Until nothing is on its way out: a worker for each slot."""
        until(lambda: len(self.workers()) == len(self.processes()) ==
              self.status()["master"]["workers"], "workers are as wanted")

    def size(self):
        """Descriptors of the master, of all workers, and processes."""
        self.settle()
        return (len(descriptors(self.pid)),
                sum(len(descriptors(p)) for p in self.processes()),
                len(self.processes()))


def loads(s):
    """How many connections each worker has, the least loaded first."""
    n = []
    for lane in s.status()["lanes"]:
        has = lane["counters"]
        if lane["pid"] != 0:
            n.append((has["connections_accepted"] +
                      has["connections_moved_in"] -
                      has["connections_closed"] - has["connections_lost"] -
                      has["connections_moved_out"]) % 2 ** 64)
    return sorted(n)


FELT = ("wrong", "app_exceptions", "lost", "timed_out", "stray", "refused",
        "connect_failed", "closed_idle", "closed_in_flight",
        "closed_mid_reply", "closed_reset", "closed_by_tls", "gave_up")


def nothing_felt(report, calls=1):
    """No call failed, and nobody but the client closed a connection."""
    felt = {k: report[k] for k in FELT if report[k] != 0}
    assert not felt, (felt, report)
    assert report["right"] == report["sent"] >= calls, report


@contextlib.contextmanager
def under_load(server, *options, calls=1):
    """Clients that must not feel what happens meanwhile."""
    load = Load(server.address, "-t", 120, *(options or
                ("-c", 8, "-d", 4, "--once-rate", 50, "--idle", 4)))
    load.ready()
    try:
        yield load
    except BaseException:
        load.process.kill()
        raise
    nothing_felt(load.stop(), calls)
