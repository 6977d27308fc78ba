#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Workers that have served long enough are replaced, one at a time, and no
client feels it."""

import contextlib
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, i32, under_load
from harness import gone, main, until

REPLACED = re.compile(r"worker (\d+) pid (\d+) is replaced: (\S+)|"
                      r"worker (\d+) pid (\d+) serves")


def one_at_a_time(log):
    """Nobody is replaced before the last successor serves; why, and how many
    were."""
    under_way, reasons = None, []
    for match in REPLACED.finditer(log):
        if match.group(1) is not None:
            assert under_way is None, (match.group(0), log)
            under_way = match.group(1)
            reasons.append(match.group(3))
        elif match.group(4) == under_way:
            under_way = None
    return reasons


def at_least(s, n):
    until(lambda: s.drain_log().count("is replaced: ") >= n, "recycling")


def after_many_requests():
    s = Bed("-o", "max-requests=300", workers=4)
    with under_load(s, calls=2400):
        at_least(s, 8)
    s.settle()
    reasons = one_at_a_time(s.drain_log())
    assert set(reasons) == {"max-requests"}, reasons
    assert "died" not in s.log and "in a row" not in s.log, s.log
    assert s.stop() == 0


def after_some_time():
    s = Bed("-o", "max-age=1s", workers=3)
    with under_load(s):
        at_least(s, 6)
    s.settle()
    assert set(one_at_a_time(s.drain_log())) == {"max-age"}
    assert s.stop() == 0


@contextlib.contextmanager
def freed_at_once():
    """In a sanitizer's build, where 256 MB of what is freed are kept."""
    before = os.environ.get("ASAN_OPTIONS")
    os.environ["ASAN_OPTIONS"] = "%s:quarantine_size_mb=4" % (before or "")
    try:
        yield
    finally:
        del os.environ["ASAN_OPTIONS"]
        if before is not None:
            os.environ["ASAN_OPTIONS"] = before


def with_much_memory():
    """in several samples, not in one"""
    with freed_at_once():
        s = Bed("-o", "max-memory=160M", workers=2)
    with under_load(s):
        peer = Peer(s)
        before = peer.pid()
        peer.call("grow", i32(192 << 20))
        match = s.await_log(r"worker \d+ pid (\d+) is replaced: max-memory")
        # The connection may have been moved before, but not the memory.
        assert int(match.group(1)) != 0 and before != 0
        until(lambda: int(match.group(1)) not in s.processes(),
              "the fat one leaves")
        assert peer.pid() in s.workers().values()
    assert len(one_at_a_time(s.drain_log())) == 1
    assert s.stop() == 0


def memory(s):
    """Resident bytes of all workers, and those that are nobody else's."""
    has = s.status()["counters"]
    return has["memory"], has["memory_own"]


def memory_is_seen():
    """within a second or so, and goes with its process"""
    s = Bed(workers=1)
    until(lambda: memory(s)[0] > 0, "it is looked at")
    resident, own = memory(s)
    assert resident > own > 0, (resident, own)
    Peer(s).call("grow", i32(256 << 20))
    until(lambda: memory(s)[1] >= own + (256 << 20), "more is seen")
    assert memory(s)[0] >= resident + (256 << 20), memory(s)
    os.kill(s.processes()[0], signal.SIGKILL)
    s.await_log("died of signal 9")
    until(lambda: 0 < memory(s)[0] < resident + (200 << 20),
          "that of its successor")
    assert s.stop() == 0


def by_hand():
    """TERM to a worker: it goes when its successor serves"""
    s = Bed(workers=1)
    peer = Peer(s)
    with under_load(s):
        for _ in range(5):
            pid = peer.pid()
            os.kill(pid, signal.SIGTERM)
            until(lambda: peer.pid() != pid, "the connection moves")
            until(lambda: pid not in s.processes(), "it leaves")
    assert s.stop() == 0


def by_hand_and_the_successor_hangs():
    """the one that was told to leave serves on, for longer than stop-timeout"""
    s = Bed("-o", "stop-timeout=200ms", "-o", "start-timeout=1s", workers=1)
    pid, = s.workers().values()
    s.mood("hang-in-start")
    with under_load(s):
        os.kill(pid, signal.SIGTERM)
        s.await_log(r"is killed: it did not start in time")
        s.await_log(r"died of signal 9")
        assert list(s.workers().values()) == [pid]
        assert s.status()["master"]["counters"]["deaths_late"] == 1
        s.mood("good")
        os.kill(pid, signal.SIGTERM)
        until(lambda: pid not in s.processes(), "it leaves")
    assert s.stop() == 0


def told_again_and_again():
    """to leave, until the last moment: it leaves in order"""
    s = Bed(workers=2)
    with under_load(s, "-c", 2):
        for slot in (0, 1) * 4:
            pid = s.workers()[slot]
            with contextlib.suppress(ProcessLookupError):
                while True:
                    os.kill(pid, signal.SIGTERM)
            s.settle()
    assert "died" not in s.drain_log(), s.log
    assert s.stop() == 0


def told_while_the_master_is_away():
    """for a moment: it is asked when it is back, and until then all goes on"""
    s = Bed(workers=2)
    pid = s.workers()[0]
    with under_load(s, "-c", 2):
        s.signal(signal.SIGSTOP)
        end = time.monotonic() + 1      # more than the channel takes
        while time.monotonic() < end and not gone(pid):
            os.kill(pid, signal.SIGTERM)
        assert not gone(pid)
        s.signal(signal.SIGCONT)
        until(lambda: gone(pid), "it leaves")
        s.settle()
    assert "died" not in s.drain_log(), s.log
    assert s.stop() == 0


def successor_that_fails():
    """is not tried again at once; the old one serves on"""
    s = Bed("-o", "max-age=500ms", workers=2)
    s.mood("crash-in-start")
    with under_load(s):
        s.await_log("is replaced: max-age")
        s.await_log("died of signal 6")
        pids = s.workers()
        assert len(pids) == 2
        # Ten looks later it is still so.
        assert s.drain_log().count("is replaced: ") == 1
        assert s.workers() == pids
        s.mood("good")
        s.succeeds("reload")
        assert set(s.workers().values()).isdisjoint(pids.values())
    assert s.stop() == 0


main([after_many_requests, after_some_time, with_much_memory,
      memory_is_seen, by_hand, by_hand_and_the_successor_hangs,
      told_again_and_again, told_while_the_master_is_away,
      successor_that_fails])
