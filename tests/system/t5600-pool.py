#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""32 threads, one pool, three servers, of which one is killed, stopped or slow
by turns: no wrong answer, nothing done twice that must not be, and a call fails
only where trying it again would not have been safe.  TF_POOL_ROUNDS turns."""

import collections
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, built, main, tempdir, until

ROUNDS = int(os.environ.get("TF_POOL_ROUNDS", "9"))
THREADS = 32


class Tally(Server):
    """A server, and the file in which it writes down its calls."""

    def __init__(self, book, listen="127.0.0.1:0"):
        self.book = book
        super().__init__([built("thriftfork"), "run"],
                         built(".libs/tally.so"), book, workers=1,
                         listen=listen)
        self.pids = [*self.workers().values(), self.pid]

    def send(self, number):
        for pid in self.pids:
            os.kill(pid, number)

    def calls(self):
        return os.path.getsize(self.book)


def grows(server, lines):
    target = server.calls() + 8 * lines
    until(lambda: server.calls() > target, "calls are done again")


def kill(server, others):
    server.send(signal.SIGKILL)
    server.wait()
    for other in others:
        grows(other, 200)
    return Tally(server.book, server.address)


def stop(server, others):
    server.send(signal.SIGSTOP)
    for other in others:
        grows(other, 200)
    server.send(signal.SIGCONT)
    return server


def slow(server, others):
    sign = server.book + ".slow"
    open(sign, "w").close()
    for other in others:
        grows(other, 200)
    os.unlink(sign)
    return server


def one_of_three_fails_by_turns():
    """nothing fails that could be tried again; the failed one is used again"""
    books = tempdir()
    servers = [Tally(os.path.join(books, "%d" % i)) for i in range(3)]
    client = subprocess.Popen(
        [built("tally-client"), ",".join(s.address for s in servers),
         str(THREADS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True)
    assert client.stdout.readline() == "ready\n"
    for turn in range(ROUNDS):
        i = turn % 3
        evil = (kill, stop, slow)[turn // 3 % 3]
        servers[i] = evil(servers[i], servers[:i] + servers[i + 1:])
        grows(servers[i], 20)
    out = client.communicate(timeout=60)[0].splitlines()
    assert client.returncode == 0, out
    print("# " + out[-1])
    judge(out[:-1], out[-1], books)
    for s in servers:
        assert s.stop() == 0


def judge(failures, sums, books):
    assert re.search(r" 0 lent, 0 refused", sums)
    for line in failures:
        assert line.startswith("once "), line
        assert "connect:" not in line, line
    done = collections.Counter()
    for name in os.listdir(books):
        with open(os.path.join(books, name)) as book:
            done.update(book)
    twice = [n for n in done if done[n] > 1 and n.startswith("once")]
    assert not twice, twice
    print("# %d things done, %d calls failed" % (len(done), len(failures)))


main([one_of_three_fails_by_turns])
