#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The numbers are true: while calls of every kind run, and workers are
reloaded, scaled, recycled, upgraded and killed, a reader that never rests sees
no sum fall, and never more in flight than the clients have outstanding.  What
was counted in the end is what the clients count, method by method; where
workers were killed, but for the calls that those had in flight.

TF_SUMS is the number N of reloads and of scalings; of recyclings and kills it
is 2N, of upgrades N/3.  TF_SEED is the seed of their order."""

import atexit
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, nothing_felt
from harness import DEADLINE, Load, built, main, until
from upgraded import Upgraded, recycle

N = int(os.environ.get("TF_SUMS", "3"))
UPGRADES = max(1, N // 3)
SEED = int(os.environ.get("TF_SEED", "1"))
WORKERS = 3
STAYING, DEPTH, IDLE = 12, 8, 4
CLIENTS = ("-c", STAYING, "-d", DEPTH, "--idle", IDLE, "--once-rate", 50,
           "--timeout", 20000, "--mixed")
# No call may be refused because the machine stands still for a while.
OPTIONS = ("-o", "canary-time=20ms", "-o", "threads=2", "-o",
           "queue-timeout=60s")
# What a method counts, of a call that was answered as it had to be.
OUTCOME = {"fail_silently": "errors", "nothing": "errors",
           "forget": "oneways", "quietly": "oneways"}
OUTCOMES = ("replies", "exceptions", "errors", "oneways")
KINDS = ("calculate", "ping", "forget", "thread", "later", "quietly",
         "fail_silently", "nothing")


# Said of each call that is to fail, which are millions.
NOISE = re.compile(r".*(returned -1 without saying why|lines? w(as|ere) lost)"
                   r"\n")


class Summed(Upgraded, Bed):
    def drain_log(self):
        kept = len(self.log)
        new = super().drain_log()[kept:]
        self.log = self.log[:kept] + NOISE.sub("", new)
        return self.log

    def counted(self):
        """method -> its counters; nobody serves those without a service."""
        return {m["method"] if m["service"] else "nothing": m["counters"]
                for m in self.status()["methods"]}


class Scrape:
    """A reader of the segment, from its first reading to finish()."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            [built("scrape"), server.name], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        assert self.process.stdout.readline() == "ready\n"

    def finish(self):
        out = self.process.communicate(timeout=DEADLINE)[0]
        assert self.process.returncode == 0, self.process.returncode
        seen = json.loads(out)
        assert seen["problems"] == 0, seen
        return seen


def reload(s, rng):
    s.succeeds("reload")


def scale(s, rng):
    s.succeeds("scale", str(rng.randint(1, 6)))


def upgrade(s, rng):
    s.upgrade()


def kill(s, rng):
    pids = s.everybody()
    if pids:                    # the only one may just have been killed
        with contextlib.suppress(ProcessLookupError):
            os.kill(rng.choice(pids), signal.SIGKILL)


def grown(before, after):
    """method -> counter -> by how much"""
    return {m: {k: n - before.get(m, {}).get(k, 0)
                for k, n in after[m].items()} for m in after}


def called_each(s, before):
    """Whether there has been a call of each kind since then."""
    got = grown(before, s.counted())
    return all(k in got and got[k]["calls"] > 0 for k in KINDS)


def happens(s, events, rng, *options):
    """The events under load: what the clients say, and what was seen."""
    before = s.counted()
    scrape = Scrape(s)
    load = Load(s.address, "-t", 3600, *CLIENTS, *options)
    load.ready()
    try:
        for event in events:
            event(s, rng)
            s.drain_log()
        until(lambda: called_each(s, before), "a call of each kind")
        r = load.stop()
    finally:
        load.process.kill()
    until(lambda: s.status()["in_flight"] == 0, "nothing is in flight")
    return r, scrape.finish()


def say(what, r, seen):
    print("# %s: %d calls and oneways, at most %d outstanding; %d rounds and "
          "%d glances saw at most %d in flight" % (
              what, r["sent"] + r["oneways"], r["most_out"], seen["rounds"],
              seen["glances"], seen["most_in_flight"]), flush=True)


def expect(r):
    """The same of the clients."""
    want = {}
    for method, calls in r["methods"].items():
        of = want[method] = dict.fromkeys(OUTCOMES, 0)
        of["calls"] = calls["sent"]
        of[OUTCOME.get(method, "replies")] = calls["sent"]
    thrown = r["declared_exceptions"]
    want["calculate"]["exceptions"] = thrown
    want["calculate"]["replies"] -= thrown
    return want


def exactly(s, r, before):
    """What each method has counted since then."""
    got = grown(before, s.counted())
    want = expect(r)
    for method, counts in got.items():
        of = {k: counts[k] for k in ("calls",) + OUTCOMES}
        zero = dict.fromkeys(of, 0)
        assert of == want.get(method, zero), (method, of, want.get(method))
        assert counts["aborted"] == 0, (method, counts)
    assert set(want) <= set(got), (want, got)


def without_kills():
    """totals are the clients' exactly, through everything but deaths"""
    rng = random.Random(SEED)
    s = Summed(*OPTIONS, workers=WORKERS)
    for what, events in (("nothing", []),
                         ("reload", [reload] * N),
                         ("scale", [scale] * N),
                         ("recycle", [recycle, reload] * N),
                         ("upgrade", [upgrade] * UPGRADES),
                         ("mixed", None)):
        if events is None:
            events = [reload, scale, recycle, recycle] * N + \
                [upgrade] * UPGRADES
            rng.shuffle(events)
        before = s.counted()
        total = s.status()["counters"]
        r, seen = happens(s, events, rng)
        say(what, r, seen)
        nothing_felt(r)
        exactly(s, r, before)
        now = s.status()["counters"]
        sent = r["sent"] + r["oneways"]
        for name, n in (("calls_begun", sent), ("calls_ended", sent),
                        ("calls_aborted", 0),
                        ("connections_accepted", r["opened"])):
            assert now[name] - total[name] == n, (name, n, now[name],
                                                  total[name])
        assert seen["most_in_flight"] <= r["most_out"], (seen, r["most_out"])
    s.end()


def with_kills():
    """they differ by what the killed ones had in flight"""
    rng = random.Random(SEED)
    s = Summed(*OPTIONS, workers=WORKERS)
    events = [kill] * (2 * N) + [reload, scale, recycle] * N + \
        [upgrade] * UPGRADES
    rng.shuffle(events)
    r, seen = happens(s, events, rng, "--reconnect")
    say("kills", r, seen)
    s.succeeds("scale", str(WORKERS))
    s.settle()
    now = s.status()["counters"]
    sent = r["sent"] + r["oneways"]
    lost = r["lost"] + r["oneways"] - r["oneways_proven"]
    aborted = now["calls_aborted"]
    print("# %d calls lost with their connections, %d counted as aborted" % (
        lost, aborted), flush=True)
    # A oneway on a thread may die with its worker when the reply to a call
    # after it has already told that it was begun: it is aborted, and not lost.
    assert sent - lost - aborted <= now["calls_ended"] <= sent - aborted, (
        r, now)
    assert now["calls_begun"] == now["calls_ended"] + aborted, now
    assert aborted <= lost + r["oneways"], (aborted, lost, r)
    assert seen["most_in_flight"] <= r["most_out"] + aborted, (seen, r)
    counted = s.counted()
    for method, calls in r["methods"].items():
        answered = calls["right"]
        if OUTCOME.get(method) == "oneways":
            answered = max(0, calls["sent"] - lost - aborted)
        assert answered <= counted[method]["calls"] <= calls["sent"], (
            method, calls, counted[method])
    assert "is killed" not in s.drain_log(), s.log
    s.end()


main([without_kills, with_kills])
