#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that are answered later, by threads, timers and posts of a module:
while clients leave, deadlines pass, and workers stop and are replaced."""

import contextlib
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, fifo, text, varint
from harness import DEADLINE, main, until


def two(*strings):
    """The arguments of a method that has two strings."""
    return b"".join(b"\x18" + varint(len(s)) + s.encode()
                    for s in strings) + b"\0"


def later(peer, how, what="x"):
    return peer.send("later", two(how, what))


def says(body, what):
    """Whether it is a reply of later() with that text."""
    return body == b"\x82\x41\x07\x05later\x08\0" + varint(len(what)) + \
        what.encode() + b"\0"


def is_error(body, words):
    return body[:2] == b"\x82\x61" and words.encode() in body


def late(server):
    """How many tokens were void, by another connection."""
    with contextlib.closing(Peer(server)) as peer:
        body = peer.call("late")
        assert body.startswith(b"\x82\x41\x07\x04late\x05\0"), body
        return body[10] >> 1


def counters(server):
    total = {}
    for lane in server.status()["lanes"]:
        for name, n in lane["counters"].items():
            total[name] = total.get(name, 0) + n
    return total


def all_ended(server):
    n = counters(server)
    return n["calls_begun"] == n["calls_ended"]


def open_fifo(path):
    """When the module has it open, too."""
    return open(path, "wb", buffering=0)


def ways():
    """by a thread, before the handler returns, by a timer, by a post"""
    s = Bed(workers=1)
    peer = Peer(s)
    for how in ("thread", "early", "timer", "post"):
        assert says(later(peer, how, how * 100).reply(), how * 100), how
    assert late(s) == 0
    assert all_ended(s)
    assert s.stop() == 0


def twice():
    """the second answer is none, and the token void"""
    s = Bed(workers=1)
    peer = Peer(s)
    assert says(later(peer, "twice", "once").reply(), "once")
    until(lambda: late(s) == 1, "the second has been tried")
    assert b"here" in peer.call("echo", text("here"))
    assert s.stop() == 0


def order():
    """replies wait for those before them"""
    s = Bed(workers=1)
    peer = Peer(s)
    path = fifo()
    later(peer, path, "first").send("echo", text("second"))
    later(peer, "post", "third")
    writer = open_fifo(path)
    with contextlib.closing(Peer(s)) as other:
        assert b"other" in other.call("echo", text("other"))
    peer.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        assert not peer.socket.recv(1)
    peer.socket.settimeout(DEADLINE)
    writer.close()
    assert says(peer.reply(), "first")
    assert b"second" in peer.reply()
    assert says(peer.reply(), "third")
    assert s.stop() == 0


def client_left():
    """after the client has left"""
    s = Bed(workers=1)
    path = fifo()
    peer = later(Peer(s), path)
    writer = open_fifo(path)
    peer.reset()
    until(lambda: counters(s)["calls_abandoned"] == 1, "it has been noticed")
    assert late(s) == 0
    writer.close()
    until(lambda: late(s) == 1, "the token is void")
    assert all_ended(s)
    assert s.stop() == 0


def deadline():
    """after the deadline; nobody is killed"""
    s = Bed("-o", "call-timeout.Testbed.later=200ms", workers=1)
    pids = s.workers()
    path = fifo()
    peer = later(Peer(s), path)
    writer = open_fifo(path)
    later(peer, "never")
    for _ in range(2):
        assert is_error(peer.reply(), "later was not answered within 200 ms")
    assert b"here" in peer.call("echo", text("here"))
    assert counters(s)["calls_timed_out"] == 2
    writer.close()
    until(lambda: late(s) == 1, "the token is void")
    assert s.workers() == pids
    assert all_ended(s)
    assert s.stop() == 0


def never():
    """a worker that is replaced does not wait for ever"""
    s = Bed("-o", "drain-timeout=300ms", "-o", "stop-timeout=300ms",
            workers=1)
    peer = later(Peer(s), "never")
    assert b"here" in Peer(s).call("echo", text("here"))
    s.succeeds("reload")
    assert peer.reply() is None
    until(lambda: s.status()["counters"]["calls_aborted"] == 1,
          "it has been counted")
    s.stop()


def oneway():
    """without an answer, but counted"""
    s = Bed(workers=1)
    peer = Peer(s)
    for how in ("thread", "early", "twice", "timer", "post"):
        peer.send("quietly", text(how))
    assert b"here" in peer.call("echo", text("here"))
    until(lambda: late(s) == 1, "one was answered twice")
    until(lambda: all_ended(s), "all have ended")
    assert s.stop() == 0


def stops():
    """a stop waits for answers"""
    s = Bed(workers=1)
    path = fifo()
    peer = later(Peer(s), path, "at last")
    writer = open_fifo(path)
    s.signal(signal.SIGTERM)
    s.await_log("stop")
    writer.close()
    assert says(peer.reply(), "at last")
    assert peer.reply() is None
    assert s.wait() == 0


def moves():
    """a connection moves when all has been answered"""
    s = Bed(workers=1)
    path = fifo()
    peer = Peer(s)
    old = peer.pid()
    later(peer, path, "from the old one")
    writer = open_fifo(path)
    s.succeeds("reload")
    assert s.workers()[0] != old
    writer.close()
    assert says(peer.reply(), "from the old one")
    until(lambda: peer.pid() != old, "it has moved")
    assert s.stop() == 0


def limit():
    """a connection that has asked for too much waits"""
    s = Bed("-o", "max-in-flight-per-connection=2", workers=1)
    paths = [fifo() for _ in range(3)]
    peer = Peer(s)
    for path in paths:
        later(peer, path, path)
    writers = [open_fifo(path) for path in paths[:2]]
    assert b"here" in Peer(s).call("echo", text("here"))
    with contextlib.suppress(OSError):      # nobody reads it yet
        os.close(os.open(paths[2], os.O_WRONLY | os.O_NONBLOCK))
        raise AssertionError("the third has begun")
    writers[0].close()
    assert says(peer.reply(), paths[0])
    open_fifo(paths[2]).close()
    writers[1].close()
    for path in paths[1:]:
        assert says(peer.reply(), path)
    assert s.stop() == 0


def many():
    """all of them, in order, and nothing is left"""
    s = Bed(workers=1)
    peers = [Peer(s) for _ in range(8)]
    hows = ("thread", "post", "early", "timer")
    for turn in range(5):
        for peer in peers:
            for i in range(40):
                later(peer, hows[(i + turn) % 4], "%d %d" % (turn, i))
    for turn in range(5):
        for peer in peers:
            for i in range(40):
                assert says(peer.reply(), "%d %d" % (turn, i))
    assert late(s) == 0 and all_ended(s)
    assert s.stop() == 0


main([ways, twice, order, client_left, deadline, never, oneway, stops, moves,
      limit, many])
