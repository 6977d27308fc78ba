#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Connections on the move when one of the two workers dies: it costs those
that the dead one had, and no others."""

import contextlib
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer
from daemon import read
from harness import built, main, until

MANY = 40


def state(pid):
    return read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()[0]


def settled_peers(s):
    """pid -> the connections it has, once they are shared out."""
    peers = [Peer(s) for _ in range(MANY)]
    found = {}

    def even():
        found.clear()
        for p in peers:
            found.setdefault(p.pid(), []).append(p)
        return sorted(len(v) for v in found.values()) == [MANY // 2] * 2
    until(even, "the connections are shared out")
    return found


def scale(s, workers):
    return subprocess.Popen([built("thriftfork"), "scale", "-n", s.name,
                             str(workers)], stderr=subprocess.PIPE)


def receiver_is_killed():
    """stopped before, so that nothing is taken"""
    s = Bed(workers=2)
    of = settled_peers(s)
    receiver, sender = s.workers()[0], s.workers()[1]
    os.kill(receiver, signal.SIGSTOP)
    until(lambda: state(receiver) == "T", "it stops")
    command = scale(s, 1)
    s.await_log("scaling from 2 to 1")
    os.kill(receiver, signal.SIGKILL)
    s.await_log("worker 0 pid %d .* died of signal 9" % receiver)
    for p in of[sender]:
        assert p.call("mood") is not None
    for p in of[receiver]:
        assert p.call("mood") is None
    assert command.communicate(timeout=30)[1] == b""
    assert command.returncode == 0
    successor, = s.workers().values()
    assert {p.pid() for p in of[sender]} == {successor}
    assert s.stop() == 0


def sender_is_killed():
    """while it hands its connections on: each is moved or lost"""
    s = Bed(workers=2)
    for _ in range(5):
        of = settled_peers(s)
        sender, other = s.workers()[1], s.workers()[0]
        lost = s.status()["counters"]["connections_lost"]
        command = scale(s, 1)
        s.await_log("scaling from 2 to 1")
        with contextlib.suppress(ProcessLookupError):   # all have moved
            os.kill(sender, signal.SIGKILL)
        assert command.communicate(timeout=30)[1] == b""
        until(lambda: sender not in s.processes(), "it is buried")
        ended = [p for p in of[sender] if p.call("mood") is None]
        until(lambda: s.status()["counters"]["connections_lost"] - lost ==
              len(ended), "those that ended are the lost ones")
        for p in of[other]:
            assert p.pid() == other
        for p in of[sender] + of[other]:
            p.close()
        s.succeeds("scale", "2")
    counters = s.status()["counters"]
    assert counters["connections_moved_in"] == \
        counters["connections_moved_out"], counters
    assert s.stop() == 0


main([receiver_is_killed, sender_is_killed])
