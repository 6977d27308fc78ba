#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many connections: idle ones starve nobody and cost little; limits hold;
running out of descriptors is survived."""

import os
import resource
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import (Load, Server, Skip, built, main, until)
from idle import Idlers, descriptors_for

PING = b"\0\0\0\x09\x82\x21\x01\x04ping\0"
RUN = [built("thriftfork"), "run", built(".libs/calc.so")]


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), 30)


def ping(s):
    s.sendall(PING)
    head = s.recv(4, socket.MSG_WAITALL)
    assert len(head) == 4, "the connection was closed"
    size, = struct.unpack(">I", head)
    assert b"ping" in s.recv(size, socket.MSG_WAITALL)


def idle_clients_starve_nobody():
    """2 workers, 52 idle clients, one stopped in mid-frame"""
    s = Server(RUN, workers=2)
    idle = [connect(s) for _ in range(52)]
    for c in idle:
        ping(c)
    stuck = connect(s)
    stuck.sendall(PING[:7])
    load = Load(s.address, "-c", 8, "-d", 4, "-n", 5000)
    r = load.report()
    assert r["ok"] and r["right"] == 5000, r
    for c in idle:
        ping(c)
    stuck.sendall(PING[7:])
    assert b"ping" in stuck.recv(100)
    for c in idle + [stuck]:
        c.close()
    assert s.stop() == 0


def max_connections():
    """what is over the limit waits its turn"""
    s = Server(RUN, "-o", "max-connections=4", workers=1)
    first = [connect(s) for _ in range(4)]
    for c in first:
        ping(c)
    late = connect(s)               # queued by the kernel
    late.sendall(PING)
    for c in first:
        ping(c)
    assert s.status()["counters"]["connections_accepted"] == 4
    first[0].close()
    assert b"ping" in late.recv(100)
    for c in first + [late]:
        c.close()
    assert s.stop() == 0


def out_of_descriptors():
    """the worker goes on serving those it has, and accepts again later"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        s = Server(RUN, "-o", "max-connections=1000", "-o", "max-workers=2",
                   workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    held = []
    while "Too many open files" not in s.drain_log():
        c = connect(s)
        c.setblocking(False)
        held.append(c)
        assert len(held) < 400, s.log
    s.await_log(r"warn: accept \(pausing for 100 ms\): Too many open files")
    held[0].setblocking(True)
    ping(held[0])
    for c in held[1:]:
        c.close()

    def accepts():
        with connect(s) as c:
            c.settimeout(10)
            try:
                ping(c)
                return True
            except (AssertionError, ConnectionError):
                return False
    until(accepts, "accepting again")
    ping(held[0])
    held[0].close()
    assert s.stop() == 0


def rss(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        for line in f:
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) * 1024


def idle_connections_are_small():
    """20,000 of them cost at most 160 bytes of user space each"""
    release = os.environ.get("TF_RELEASE")
    if not release:
        raise Skip("TF_RELEASE, an optimized build, is not set: a sanitizer's "
                   "memory says nothing")
    count = 20000
    descriptors_for(count)
    s = Server([os.path.join(release, "thriftfork"), "run",
                os.path.join(release, ".libs/calc.so")], workers=2)
    pids = s.workers().values()
    warm = [connect(s) for _ in range(8)]
    for c in warm:
        ping(c)
    before = sum(map(rss, pids))
    idle = Idlers(s, count)
    for c in warm:
        ping(c)
    each = (sum(map(rss, pids)) - before) / count
    print("# %.1f bytes each" % each)
    idle.close()
    for c in warm:
        c.close()
    assert s.stop() == 0
    assert each <= 160, each


def one_address_has_its_share():
    """what is too many is closed, and one that goes makes room"""
    s = Server(RUN, "-o", "max-per-peer=3", workers=1)
    mine = [connect(s) for _ in range(3)]
    for c in mine:
        ping(c)
    assert connect(s).recv(1) == b"", "a fourth one was let in"
    s.await_log(r"closed: it has max-per-peer already")
    other = socket.create_connection(("127.0.0.1", s.port), 30,
                                     source_address=("127.0.0.2", 0))
    ping(other)
    mine.pop().close()
    until(lambda: s.status()["counters"]["connections_closed"] == 1,
          "room is made")
    ping(connect(s))
    assert s.status()["counters"]["connections_refused"] == 1
    assert s.stop() == 0


main([idle_clients_starve_nobody, max_connections,
      one_address_has_its_share, out_of_descriptors,
      idle_connections_are_small])
