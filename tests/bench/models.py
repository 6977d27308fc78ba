#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a call costs that is handed to a thread, and what threads give to a
method that blocks: the figures of thriftfork(7), WHICH MODEL FOR WHICH WORK;
and what a server shows of a loop that is blocked and of too few threads, those
of thriftfork-performance(7), WHAT TO LOOK AT FIRST.  One worker on the first
processor, the load client on the second; run it in an optimized build, on a
quiet machine."""

import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Load, Server, built
from racers import cpu_ns

ROUNDS = int(os.environ.get("TF_BENCH_ROUNDS", "5"))
SECONDS = 2
SERVICE_MS = 5
SIGNS_S = 10
TESTBED = os.path.join(os.path.dirname(__file__), "..", "system",
                       "testbed.thrift")
THREADED = ("-o", "threaded=yes", "-o")


def run(module, options, *load):
    """Calls per second, and microseconds of the worker's for each."""
    s = Server(["taskset", "-c", "0", built("thriftfork"), "run"], *options,
               built(".libs/%s.so" % module), workers=1)
    pid = s.workers()[0]
    before = cpu_ns(pid)
    r = Load(s.address, "-t", SECONDS, *load).report()
    spent = cpu_ns(pid) - before
    assert r["ok"], r
    assert s.stop() == 0
    return r["right"] / r["seconds"], spent / r["right"] / 1000


def median(rounds, which):
    return statistics.median(r[which] for r in rounds)


def cost():
    print("processor time of a worker for a call that does nothing, in us")
    for depth in (1, 16):
        rounds = [(run("calc", (), "-c", 16, "-d", depth)[1],
                   run("calc", THREADED + ("threads=4",), "-c", 16, "-d",
                       depth)[1]) for _ in range(ROUNDS)]
        print("  %2d at a time on each of 16 connections: %5.1f in the loop, "
              "%5.1f on a thread" % (depth, median(rounds, 0),
                                     median(rounds, 1)), flush=True)


def gain():
    print("calls per second of a method that blocks for %d ms, from 64 "
          "connections" % SERVICE_MS)
    doze = ("-c", 64, "--doze", SERVICE_MS)
    for threads in (0, 8, 64):
        options = THREADED + ("threads=%d" % threads,) if threads else ()
        rounds = [run("testbed", options, *doze) for _ in range(ROUNDS)]
        print("  %2d threads: %6.0f of %d" % (
            threads, median(rounds, 0),
            max(threads, 1) * 1000 // SERVICE_MS), flush=True)


def ask(server, rate, method, *args):
    return subprocess.Popen(
        [built("thriftfork-bench"), "--json", "-R", str(rate), "-c", "64",
         "-d", "64", "-t", "%ds" % SIGNS_S, server.address, TESTBED, method,
         *args], stdout=subprocess.PIPE, text=True)


def seen(rate, *options):
    """The client's p99 of pings, and a server's state."""
    s = Server(["taskset", "-c", "0", built("thriftfork"), "run"], *options,
               built(".libs/testbed.so"), workers=1)
    slow = ask(s, rate, "Testbed.doze", '{"ms":%d}' % SERVICE_MS)
    pings = ask(s, 5000, "Testbed.mood")
    slow.communicate()
    client = json.loads(pings.communicate()[0])["latency_ns"]["p99"]
    state = s.status()
    assert s.stop() == 0
    return client, state, {m["method"]: m for m in state["methods"]}


def signs():
    print("5000 pings a second beside calls that block for %d ms" % SERVICE_MS)
    client, state, of = seen(50)
    print("  50 a second in the loop: P99 of pings %.0f us, their clients' "
          "%.1f ms;\n    loop_lag P99 %.1f ms, full to %.0f%%" % (
              of["mood"]["p99_ns"] / 1e3, client / 1e6,
              state["loop_lag_p99_ns"] / 1e6,
              state["counters"]["loop_lag_sum"] / SIGNS_S / 1e7))
    _, state, of = seen(600, "-o", "threaded.Testbed.doze=yes", "-o",
                        "threads=2", "-o", "queue-timeout=100ms")
    print("  600 a second on 2 threads, queue-timeout 100 ms: WAIT99 %.0f ms, "
          "ERR %.0f;\n    P99 of pings %.0f us" % (
              of["doze"]["wait_p99_ns"] / 1e6,
              of["doze"]["counters"]["errors_shed"] / SIGNS_S,
              of["mood"]["p99_ns"] / 1e3))


if len(os.sched_getaffinity(0)) < 2:
    sys.exit("models.py: two processors are needed")
os.sched_setaffinity(0, {1})
cost()
gain()
signs()
