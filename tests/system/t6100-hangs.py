#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Workers that hang, crash or are stopped, and a master that is: the right one
is killed, with the right words, and its siblings serve on."""

import os
import select
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, i32, under_load
from daemon import read
from harness import main, until


def state(pid):
    return read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()[0]


def stop_process(pid):
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state(pid) == "T", "it stops")


def peers_of(s, slots):
    """A connection to each of the workers of some slots; the others close."""
    wanted = {s.workers()[slot]: None for slot in slots}
    spare = []
    while None in wanted.values():
        peer = Peer(s)
        pid = peer.pid()
        spare.append(peer)
        if wanted.get(pid, 0) is None:
            wanted[pid] = spare.pop()
    for peer in spare:
        peer.close()
    return list(wanted.values())


def judged(method, words, timeouts, takes):
    """A call of it ends with its worker; the sibling's clients feel nothing."""
    s = Bed(workers=2, conf=timeouts)
    victim, sibling = peers_of(s, (0, 1))
    pid = victim.pid()
    started = time.monotonic()
    victim.send(method, i32(60000))
    while not select.select([victim.socket], [], [], 0)[0]:
        assert sibling.call("mood") is not None
    took = time.monotonic() - started
    assert victim.reply() is None
    assert took >= takes, took
    s.await_log(r"worker 0 pid %d is killed: Testbed\.%s has run for "
                r"\d+\.\d s, its call-timeout is %.1f s: %s"
                % (pid, method, takes, words))
    s.await_log(r"worker 0 pid %d generation 1 died of signal 9 .* into "
                r"Testbed\.%s seqid 7 from 127\.0\.0\.1:" % (pid, method))
    s.await_log(r"worker 0 pid \d+ serves")
    assert "Testbed." + method in str(s.status()["deaths"])
    assert s.status()["master"]["counters"]["deaths_hung"] == 1
    assert sibling.call("mood") is not None
    assert "worker 1" not in s.drain_log()[s.log.index("is killed"):], s.log
    assert s.stop() == 0


def spinning():
    judged("spin", "spinning", "call-timeout 500ms\n", 0.5)


def sleeping():
    judged("doze", r"blocked in \w*nanosleep", "call-timeout 500ms\n", 0.5)


def each_method_has_its_own():
    """time: what is allowed to one is not to another"""
    conf = "call-timeout 400ms\ncall-timeout.Testbed.nap 1s\n" \
        "call-timeout.Testbed.spin off\n"
    judged("nap", "blocked", conf, 1.0)
    s = Bed(workers=1, conf=conf)
    peer = Peer(s)
    assert peer.call("spin", i32(1500)) is not None
    assert peer.call("doze", i32(60000)) is None
    assert s.stop() == 0


def crash_at_every_call():
    """backoff doubles; a sibling takes the calls"""
    s = Bed(workers=2)
    for n in (1, 2, 3, 4):
        # Anew: an idle one may have moved to the other meanwhile.
        sibling, victim = peers_of(s, (1, 0))
        assert victim.call("die", i32(signal.SIGABRT)) is None
        victim.close()
        match = s.await_log(r"worker 0: death (\d+) in a row; the next one "
                            r"starts in (\d+\.\d) s")
        assert match.groups() == (str(n), "%.1f" % (0.1 * 2 ** (n - 1)))
        for _ in range(20):     # also those who knock at the one that is away
            peer = Peer(s)
            assert peer.call("mood") is not None
            peer.close()
        assert sibling.call("mood") is not None
        sibling.close()
        s.await_log(r"worker 0 pid \d+ serves")
    assert len(s.status()["deaths"]) == 4
    assert s.stop() == 0


def queued_behind_a_stopped_one():
    """are served by a sibling in time; it is not killed"""
    s = Bed("-o", "rescue-after=300ms", "-o", "call-timeout=500ms", workers=2)
    held, = peers_of(s, (0,))
    pid = held.pid()
    started = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    # Some of them are in its queue.
    queued = [Peer(s).send("pid") for _ in range(32)]
    late = started + 0.3 + 0.1 + float(os.environ.get("TF_SLACK", "0.1"))
    for peer in queued:
        assert peer.reply() is not None
    assert time.monotonic() < late, time.monotonic() - started
    assert time.monotonic() > started + 0.25, "nobody was queued there"
    s.await_log("worker 0 pid %d does not accept: it is stopped" % pid)
    held.send("mood")
    end = time.monotonic() + 0.9        # longer than all the timeouts
    while time.monotonic() < end:
        peer = Peer(s)
        assert peer.pid() != pid
        peer.close()
    os.kill(pid, signal.SIGCONT)
    assert held.reply() is not None
    s.await_log("worker 0 pid %d goes on" % pid)
    seen = set()
    while pid not in seen:              # it accepts again
        peer = Peer(s)
        seen.add(peer.pid())
        peer.close()
    assert "killed" not in s.drain_log() and "died" not in s.log, s.log
    assert s.stop() == 0


def busy_one_is_rescued():
    """a call without a timeout: what is queued there is served"""
    s = Bed("-o", "rescue-after=200ms", workers=2)
    held, = peers_of(s, (0,))
    held.send("doze", i32(1500))
    queued = [Peer(s).send("pid") for _ in range(16)]
    for peer in queued:
        assert peer.reply() is not None
    assert not select.select([held.socket], [], [], 0)[0]
    s.await_log("worker 0 pid .* does not accept: it has been busy")
    assert held.reply() is not None
    assert "killed" not in s.drain_log(), s.log
    assert s.stop() == 0


def master_that_stands_still():
    """for longer than the timeouts: nobody is blamed afterwards"""
    s = Bed("-o", "call-timeout=600ms", "-o", "rescue-after=300ms", workers=2)
    peer = Peer(s)
    with under_load(s):
        stop_process(s.pid)
        # Begun and ended while it does not look.
        assert peer.call("doze", i32(1200)) is not None
        # Not ended when it looks again: the worker stood still with it.
        pid = peer.pid()
        os.kill(s.pid, signal.SIGCONT)
        assert peer.call("doze", i32(100)) is not None
        assert s.status()["master"]["pid"] == s.pid
        assert pid in s.workers().values()
    assert "killed" not in s.drain_log() and "died" not in s.log, s.log
    assert s.stop() == 0


def killed_with_its_connections():
    """those end, and no others"""
    s = Bed(workers=2)
    victims = [Peer(s) for _ in range(24)]
    pid = s.workers()[0]
    until(lambda: len({p.pid() for p in victims}) == 2, "both have some")
    os.kill(pid, signal.SIGKILL)
    s.await_log(r"worker 0 pid %d generation 1 died of signal 9 \(Killed\) "
                r"after" % pid)
    ended = [p for p in victims if p.call("mood") is None]
    lost = s.status()["counters"]["connections_lost"]
    assert len(ended) == lost, (len(ended), lost)
    assert 0 < lost < 24, lost
    s.await_log(r"worker 0 pid \d+ serves")
    assert s.stop() == 0


main([spinning, sleeping, each_method_has_its_own, crash_at_every_call,
      queued_behind_a_stopped_one, busy_one_is_rescued,
      master_that_stands_still, killed_with_its_connections])
