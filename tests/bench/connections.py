#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a connection takes of a worker that is made, asked once and closed,
beside a call over one that stays; and the same over TLS, anew and resumed: the
figures of thriftfork-performance(7), CLIENTS.  One worker on the first
processor, the client on the second, one connection after the other; run it in
an optimized build, on a quiet machine."""

import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tls
from bed import Peer
from daemon import written
from harness import Server, built, tempdir
from racers import cpu_ns

ROUNDS = max(2, int(os.environ.get("TF_BENCH_ROUNDS", "15")))
CALLS = 200                     # in a round


def start(*options):
    s = Server(["taskset", "-c", "0", built("thriftfork"), "run"], *options,
               built(".libs/calc.so"), workers=1)
    return s, s.workers()[0]


def once(make):
    def ask():
        peer = make()
        assert peer.call("ping") is not None
        peer.close()
    return ask


def spent(pid, ask):
    """Microseconds of the worker's."""
    before = cpu_ns(pid)
    for _ in range(CALLS):
        ask()
    return (cpu_ns(pid) - before) / CALLS / 1000


def show(pid, ways):
    rounds = [[spent(pid, ask) for _, ask in ways] for _ in range(ROUNDS)]
    for (name, _), us in zip(ways, zip(*rounds)):
        low, mid, high = statistics.quantiles(us, n=4)
        print("  %-28s %8.1f  (%.1f - %.1f)" % (name, mid, low, high),
              flush=True)


def main():
    os.sched_setaffinity(0, {1})
    print("processor time of a worker for a ping, in us (quartiles)")
    s, pid = start()
    stays = Peer(s)
    show(pid, [("over a connection that stays", lambda: stays.call("ping")),
               ("over one of its own", once(lambda: Peer(s)))])
    stays.close()
    assert s.stop() == 0
    ca = tls.Authority()
    s, pid = start("-c", written(tempdir(), "tls.conf", tls.settings(ca)))
    context = ca.context()
    stays = tls.TlsPeer(s, context)
    stays.call("ping")
    session = stays.socket.session
    show(pid, [("TLS, that stays", lambda: stays.call("ping")),
               ("TLS, its own", once(lambda: tls.TlsPeer(s, context))),
               ("TLS, its own, resumed",
                once(lambda: tls.TlsPeer(s, context, session)))])
    stays.close()
    assert s.stop() == 0


main()
