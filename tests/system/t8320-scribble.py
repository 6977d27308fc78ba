#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A worker writes random words over its lane, and never stops: that spoils its
own numbers and nothing else.  The master, the other workers, what they count,
status, top, metrics, the obituary, a reload, scaling, an upgrade and the stop
are as they were; and it is recycled as any other."""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, loads, nothing_felt
from daemon import launcher
from harness import Load, gone, main, until
from upgraded import Upgraded

LOOKS = 20


class Scribbled(Upgraded, Bed):
    pass


def apart(s, n):
    """A connection to each of so many workers, as balancing has them: pid ->
    peer."""
    peers = [Peer(s) for _ in range(n)]
    until(lambda: loads(s) == [1] * n, "each has one")
    peers = {peer.pid(): peer for peer in peers}
    assert len(peers) == n, peers
    return peers


def lane_of(s, pid):
    return next(lane for lane in s.status()["lanes"] if lane["pid"] == pid)


def look(s):
    """As everybody would."""
    for words in (("status",), ("top", "-1"), ("top", "-1", "--json")):
        done = launcher(words[0], "-n", s.name, *words[1:])
        assert done.returncode == 0 and done.stderr == "", done
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout), \
            done.stdout


def started(*options):
    """three workers with a connection each, of whom the first scribbles"""
    s = Scribbled("-o", "canary-time=20ms", *options, workers=3)
    peers = apart(s, 3)
    (bad, peer), *others = sorted(peers.items())
    assert peer.call("scribble") is not None
    return s, bad, peer, others


def numbers():
    """those of the others are right, whoever looks and whatever it finds"""
    s, bad, peer, others = started()
    before = {pid: lane_of(s, pid)["counters"]["calls_ended"]
              for pid, _ in others}
    for _ in range(LOOKS):
        for _, other in others:
            assert other.call("mood") is not None
        s.status()
    look(s)
    for pid, other in others:
        lane = lane_of(s, pid)
        assert lane["counters"]["calls_ended"] == before[pid] + LOOKS, lane
        assert lane["in_flight"] == 0, lane
        assert other.pid() == pid       # it has not been moved
    # It answers, too, for whoever is still with it.
    assert peer.call("mood") is not None and not gone(bad)
    assert s.stop() == 0


def obituary():
    """one line of text; and another worker has the lane and counts right"""
    s, bad, peer, others = started()
    os.kill(bad, signal.SIGKILL)
    line = s.await_log(r"worker \d+ pid %d generation 1 died of signal 9.*"
                       % bad).group()
    # No call can have begun when it says.
    assert re.search(r"after \d+\.\d s$", line), line
    until(lambda: len(s.workers()) == 3, "another has its place")
    look(s)
    for old in [peer] + [other for _, other in others]:
        old.close()
    until(lambda: loads(s) == [0] * 3, "nobody has one")
    peers = apart(s, 3)
    for pid in peers:
        before = lane_of(s, pid)
        assert before["in_flight"] == 0, before
        assert peers[pid].call("mood") is not None
        after = lane_of(s, pid)
        for k in ("calls_begun", "calls_ended"):
            assert (after["counters"][k] - before["counters"][k]) \
                % 2 ** 64 == 1, (k, before, after)
        assert after["in_flight"] == 0, after
    assert s.stop() == 0


def orders(s, bad):
    s.succeeds("reload")
    until(lambda: gone(bad), "the old ones leave")
    s.succeeds("scale", "2")
    s.settle()


def upgrade(s, bad):
    s.upgrade()
    until(lambda: gone(bad), "the old ones leave")


def recycled(s, bad):
    os.kill(bad, signal.SIGTERM)
    until(lambda: gone(bad), "it is recycled")


def under_load(event, *options):
    s, bad, peer, others = started(*options)
    load = Load(s.address, "-t", 3600, "-c", 4, "-d", 4, "--once-rate", 20)
    load.ready()
    try:
        event(s, bad)
        look(s)
        nothing_felt(load.stop())
    finally:
        load.process.kill()
    s.end()


def reload_and_scale():
    """while clients call, who feel nothing"""
    under_load(orders)


def upgraded():
    """the same of an upgrade"""
    under_load(upgrade)


def recycling():
    """and of being recycled"""
    under_load(recycled)


def max_requests():
    """nonsense can be more than that: then it is too early"""
    s, bad, peer, others = started("-o", "max-requests=1000000")
    until(lambda: gone(bad), "it is recycled")
    until(lambda: len(s.workers()) == 3, "another has its place")
    for pid, other in others:
        assert other.pid() == pid
    s.end()


main([numbers, obituary, reload_and_scale, upgraded, recycling, max_requests])
