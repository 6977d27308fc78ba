#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Very many idle connections cost the busy ones nothing, neither in
instructions nor in system calls.

TF_IDLE is their number; with many the time is looked at as well, of the busy
ones beside them and of a server that has nothing else."""

import os
import select
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Peer, loads
from callgrind import in_parts, need
from daemon import read
from harness import Load, Server, Skip, main, released, until
from idle import Idlers, descriptors_for

IDLE = int(os.environ.get("TF_IDLE", "1000"))
MANY = 10000                    # from here on time can tell
WORKERS = 2
BUSY = 64
ROUNDS = 20
COST = 0.01                     # of a call, beside idle ones
TRIPS = 3                       # for a call: wait, read, write
SLACK = 0.02
RACES, CALLS = 15, 20000
TIME = 0.15                     # of a call's: what a busy machine may add
REST, RESTING = 5, 0.05         # seconds; of a processor, for each


def server():
    descriptors_for(IDLE)
    return Server([released("thriftfork"), "run"], released(".libs", "calc.so"),
                  workers=WORKERS)


def calls(peers):
    """One at a time, so that it takes as many turns of the loop each time."""
    for _ in range(ROUNDS):
        for p in peers:
            p.call("ping")
    return ROUNDS * len(peers)


def instructions():
    """of the busy ones are as many as without"""
    need("valgrind")
    count = min(IDLE, MANY)             # in one process
    descriptors_for(count, workers=1)
    s, profiles = in_parts("call_fail", released(),
                           released(".libs", "calc.so"))
    peers = [Peer(s) for _ in range(BUSY)]
    for idle in (None, Idlers):
        idle = idle and idle(s, count)
        calls(peers)
        peers[0].call("nothing")        # fails, which is a mark
        n = calls(peers)
        peers[0].call("nothing")
    alone, _, beside, _ = [p.total() / n for p in profiles()]
    idle.close()
    print("# %.1f for a call, %.1f beside %d idle connections" % (
        alone, beside, count), flush=True)
    assert beside <= (1 + COST) * alone, (alone, beside)


def settled(s):
    """Until nobody is to be moved any more."""
    until(lambda: sum(loads(s)[-1:]) - loads(s)[0] <= 1, "all are shared out")


def system_calls():
    """are as many, by the workers' own counts"""
    s = server()
    peers = [Peer(s) for _ in range(BUSY)]
    for idle in (None, Idlers):
        idle = idle and idle(s, IDLE)
        settled(s)
        before = s.status()["counters"]
        n = calls(peers)
        after = s.status()["counters"]
        each = sum(after[k] - before[k] for k in ("reads", "writes",
                                                  "loop_wakeups")) / n
        print("# %.3f for a call beside %d idle connections" % (
            each, idle and IDLE or 0), flush=True)
        assert TRIPS <= each <= TRIPS + SLACK, (before, after)
    idle.close()
    assert s.stop() == 0


def processor(pids):
    """Seconds that they have had."""
    return sum(int(read("/proc/%d/schedstat" % p).split()[0])
               for p in pids) / 1e9


def need_many():
    if IDLE < MANY:
        raise Skip("TF_IDLE is less than %d: too few to be felt" % MANY)


def time():
    """of a busy one's call is as long, by turns beside a server without"""
    need_many()
    both = [server(), server()]
    pids = [[s.pid, *s.workers().values()] for s in both]
    idle = Idlers(both[1], IDLE)
    for s in both:
        settled(s)
    ratios = []
    for turn in range(RACES):
        took = [0, 0]
        for i in ((0, 1), (1, 0))[turn % 2]:
            before = processor(pids[i])
            r = Load(both[i].address, "-c", BUSY, "-n", CALLS).report()
            assert r["right"] == CALLS, r
            took[i] = processor(pids[i]) - before
        ratios.append(took[1] / took[0])
    ratios.sort()
    print("# beside %d idle connections a call takes %.3f of the processor's "
          "time (%.3f to %.3f)" % (IDLE, statistics.median(ratios), ratios[0],
                                   ratios[-1]), flush=True)
    assert statistics.median(ratios) <= 1 + TIME, ratios
    idle.close()
    for s in both:
        assert s.stop() == 0


def rest():
    """a server with nothing else hardly runs"""
    need_many()
    s = server()
    idle = Idlers(s, IDLE)
    settled(s)
    pids = s.workers().values()
    before = s.status()["counters"]["loop_wakeups"]
    took = processor(pids), processor([s.pid])
    select.select([], [], [], REST)     # the time is what is looked at
    took = processor(pids) - took[0], processor([s.pid]) - took[1]
    woken = s.status()["counters"]["loop_wakeups"] - before
    print("# in %d s its workers woke up %d times and took %.2f ms, its master "
          "%.2f ms" % (REST, woken, took[0] * 1e3, took[1] * 1e3), flush=True)
    assert woken == 0 and max(took) <= RESTING, took
    idle.close()
    assert s.stop() == 0


main([instructions, system_calls, time, rest])
