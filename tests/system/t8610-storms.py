#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Very many connections at once: each is answered, those that call meanwhile go
on, and none costs more system calls than it has to.

TF_STORM is how many come at once; with many, what the others wait for their
answers is looked at as well."""

import os
import resource
import selectors
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Peer, frame, nothing_felt
from callgrind import in_parts, need
from daemon import sockets
from harness import (BUILD, DEADLINE, Load, Server, Skip, main, released,
                     until)
from idle import descriptors_for

RELEASE = os.environ.get("TF_RELEASE")
STORM = int(os.environ.get("TF_STORM", "500"))
MANY = 5000                     # from here on time can tell
STORMS = 3
WORKERS = 2
BUSY = 64
RATE = 2000                     # calls in a second, of all of them
WAIT_MS = 50                    # for 99 of 100 answers, beside storms
ALONE = 200                     # connections, one after the other
NEEDED = {"accept4": 1, "epoll_ctl": 2, "epoll_wait": 3, "recv": 2, "send": 1,
          "close": 1}           # system calls of one that has one call
SLACK = 0.1
PAUSES = 5                      # in accepting
TURNS = 4                       # of the loop, for one

RUN = os.path.join(RELEASE or BUILD, "thriftfork")
CALC = os.path.join(RELEASE or BUILD, ".libs/calc.so")


def server():
    descriptors_for(STORM + BUSY)
    return Server([RUN, "run", CALC], workers=WORKERS)


def knock(s, n):
    """So many at once; nobody waits for another."""
    everybody = []
    for _ in range(n):
        c = socket.socket()
        c.setblocking(False)
        # A reset leaves no port that cannot be used for a minute.
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        c.connect_ex(("127.0.0.1", s.port))
        everybody.append(c)
    return everybody


def storm(s, n):
    """They come at once, each with a call; how many have been answered."""
    ready = selectors.DefaultSelector()
    for c in knock(s, n):
        ready.register(c, selectors.EVENT_WRITE)
    answered = 0
    while ready.get_map():
        happened = ready.select(DEADLINE)
        assert happened, "%d have no answer" % len(ready.get_map())
        for key, _ in happened:
            c = key.fileobj
            if key.events == selectors.EVENT_WRITE:
                c.sendall(frame("ping"))
                ready.modify(c, selectors.EVENT_READ)
                continue
            answered += b"ping" in c.recv(100)
            ready.unregister(c)
            c.close()
    return answered


def closed(s, n):
    until(lambda: s.status()["counters"]["connections_closed"] == n,
          "%d are closed" % n)


def all_are_answered():
    """and those who are there already, too"""
    s = server()
    load = Load(s.address, "-c", BUSY, "-t", 3600, "--timeout", 20000)
    load.ready()
    for _ in range(STORMS):
        assert storm(s, STORM) == STORM
    nothing_felt(load.stop(), BUSY)
    closed(s, STORMS * STORM + BUSY)
    n = s.status()["counters"]
    assert n["connections_accepted"] == STORMS * STORM + BUSY, n
    assert n["accept_errors"] == 0, n
    # Who is turned away for want of room to wait in comes again by himself.
    print("# %d of %d were turned away at first" % (
        s.status()["master"]["counters"]["accept_drops"], STORMS * STORM),
        flush=True)
    assert s.stop() == 0


def without_a_word():
    """they come, and leave again: all are accepted, and none is left"""
    s = server()
    with Peer(s).socket as c:
        everybody = knock(s, STORM)
        until(lambda: s.status()["counters"]["connections_accepted"] ==
              STORM + 1, "all are accepted")
        c.sendall(frame("ping"))
        assert b"ping" in c.recv(100)
        for knocker in everybody:
            knocker.close()
    closed(s, STORM + 1)
    assert s.stop() == 0


def system_calls():
    """of one that comes alone, calls once and leaves"""
    need("valgrind")
    s, profiles = in_parts("call_fail", released(),
                           released(".libs", "calc.so"))

    def mark():
        p = Peer(s)
        p.call("nothing")       # fails, which is one
        p.close()

    def alone():
        p = Peer(s)
        assert p.call("ping")
        p.close()
    alone()
    mark()
    for _ in range(ALONE):
        alone()
    mark()
    each = {k: n / ALONE for k, n in profiles()[0].system_calls.items()
            if n >= SLACK * ALONE and not k.startswith("clock_gettime")}
    print("# " + ", ".join("%.2f %s" % (n, k) for k, n in each.items()),
          flush=True)
    assert set(each) <= set(NEEDED), each
    for name, n in each.items():
        assert n <= NEEDED[name] + SLACK, (name, n)


def small_packets():
    """are sent at once: the listening socket's way is theirs"""
    s = Server([RUN, "run", CALC], workers=1)
    with Peer(s).socket as c:
        c.sendall(frame("ping"))
        assert b"ping" in c.recv(100)
        found = [t.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                 for t in sockets(s.workers()[0])
                 if t.family == socket.AF_INET and
                 not t.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)]
        assert len(found) == 1 and found[0] != 0, found
    assert s.stop() == 0


def without_descriptors():
    """a worker sleeps while others wait to be accepted"""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, limits[1]))
    try:
        s = Server([RUN, "run", CALC], "-o", "max-connections=1000", "-o",
                   "max-workers=2", workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    descriptors_for(400)
    everybody = knock(s, 400)

    def count(name):
        return s.status()["counters"][name]
    until(lambda: count("accept_errors") > 0, "there are no more")
    # None of those within has anything to say.
    errors, turns = count("accept_errors"), count("loop_wakeups")
    until(lambda: count("accept_errors") >= errors + PAUSES, "it tries again")
    turns, errors = count("loop_wakeups") - turns, count("accept_errors") - \
        errors
    print("# %d turns of the loop, and %d times it could not accept" % (
        turns, errors), flush=True)
    assert turns <= TURNS * (errors + 1), (turns, errors)
    for c in everybody:
        c.close()
    assert s.stop() == 0


def waiting():
    """for an answer takes no longer than they need to come in"""
    if STORM < MANY:
        raise Skip("TF_STORM is less than %d: too few to be felt" % MANY)
    s = server()
    p99 = []
    for storms in (0, STORMS):
        load = Load(s.address, "-c", BUSY, "-t", 3600, "--rate", RATE,
                    "--timeout", 20000)
        load.ready()
        for _ in range(storms):
            assert storm(s, STORM) == STORM
        if storms == 0:
            before = s.status()["counters"]["calls_ended"]
            until(lambda: s.status()["counters"]["calls_ended"] >=
                  before + 2 * RATE, "there have been calls")
        r = load.stop()
        nothing_felt(r, BUSY)
        p99.append(r["latency_us"]["p99"] / 1e3)
        print("# %d storms of %d: p50 %.2f ms, p99 %.2f ms, at most %.2f ms" %
              (storms, STORM, r["latency_us"]["p50"] / 1e3, p99[-1],
               r["latency_us"]["max"] / 1e3), flush=True)
    assert p99[1] <= p99[0] + WAIT_MS, p99
    assert s.stop() == 0


main([all_are_answered, without_a_word, system_calls, small_packets,
      without_descriptors, waiting])
