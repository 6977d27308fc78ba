#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads, scalings, recyclings and upgrades, each by itself and then mixed,
under load from persistent connections and clients that call once: no call
fails, and no connection is closed but by its client.  Then the same mixture
while workers are killed: that costs what the killed ones held and nothing else;
and while masters are, which a stand-in for a service manager starts again: who
connects is always answered, counters go on, and who stays has to connect anew.
In a network of its own, for the sake of net.ipv4.tcp_migrate_req.

And nothing grows: descriptors and processes, and memory, which means something
in an optimized build alone (TF_RELEASE); what cannot be reached any more is the
sanitizer's to find.

TF_CHURN is the number N of reloads, of scalings and of masters killed; of
recyclings and of workers killed it is 2N, of upgrades N/5.  TF_SEED is the seed of their order."""

import contextlib
import fcntl
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import FELT, Bed, loads, nothing_felt
from daemon import proc
from harness import Load, Skip, built, gone, main, until
from manager import KeptBed
from upgraded import Upgraded, recycle

N = int(os.environ.get("TF_CHURN", "3"))
UPGRADES = max(1, N // 5)
SEED = int(os.environ.get("TF_SEED", "1"))
# Some stay, half of them pipelined, half mostly idle, and some leave.
DEPTH = 8
STAYING = 64
CLIENTS = ("-c", STAYING // 2, "-d", DEPTH, "--idle", STAYING // 2,
           "--once-rate", 50, "--timeout", 20000)
WORKERS = 4
MIGRATE = "/proc/sys/net/ipv4/tcp_migrate_req"
HERE = "TF_CHURN_INSIDE"
# What goes both ways.
GAUGES = ("calls_queued", "memory", "memory_own", "send_backlog")


class Counted:
    """A server whose counters never fall, whenever they are looked at."""

    def __init__(self, *options, **more):
        self.counters = {}
        super().__init__(*options, workers=WORKERS, **more)

    def status(self):
        now = super().status()
        fell = {k: (was, now["counters"][k])
                for k, was in self.counters.items()
                if now["counters"][k] < was and k not in GAUGES}
        assert not fell, fell
        self.counters = now["counters"]
        return now


class Churned(Counted, Upgraded, Bed):
    kills = 0

    def settle(self):
        until(lambda: self.masters() == [self.pid], "old masters leave")
        super().settle()


def enter_network():
    """Starts this program anew in a network namespace; why not, if not."""
    if shutil.which("unshare") is None:
        return "no unshare"
    command = ["unshare", "-n"]
    if os.geteuid() != 0:
        command += ["--map-current-user", "--keep-caps"]
    tried = subprocess.run(command + ["true"], stderr=subprocess.PIPE,
                           text=True)
    if tried.returncode != 0:
        return tried.stderr.strip()
    os.environ[HERE] = "yes"
    os.execvp(command[0], command + [sys.executable, os.path.abspath(__file__)])


def set_loopback_up():
    with socket.socket() as s:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(s, 0x8914, request)         # SIOCSIFFLAGS: up, running


def reload(s, rng):
    """sometimes with a worker that leaves meanwhile"""
    p = subprocess.Popen([built("thriftfork"), "reload", "-n", s.name],
                         stderr=subprocess.PIPE, text=True)
    if rng.random() < 0.3:
        recycle(s, rng)
    err = p.communicate(timeout=60)[1]
    assert p.returncode == 0, err


def scale(s, rng):
    s.succeeds("scale", str(rng.randint(1, 8)))


def recycle_and_wait(s, rng):
    pids = sorted(s.workers().values())
    pid = rng.choice(pids)
    os.kill(pid, signal.SIGTERM)
    until(lambda: pid not in s.processes(), "it leaves")


def upgrade(s, rng):
    """while the masters before may still be leaving"""
    s.upgrade()


def kill(s, rng):
    """some worker, whatever it is about"""
    pids = s.everybody()
    if pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(rng.choice(pids), signal.SIGKILL)
            s.kills += 1


def mixture(rng, kills=0):
    events = [reload] * N + [scale] * N + [recycle] * (2 * N) + \
        [upgrade] * UPGRADES + [kill] * kills
    rng.shuffle(events)
    return events


def closed(r):
    return sum(r[k] for k in FELT if "closed" in k)


def failed(r):
    return sum(r[k] for k in FELT if "closed" not in k)


def row(name, events, moved, r):
    print("# %-9s %6d  %11d %6d  %9d  %6d  %6d" % (
        name, events, r["opened"], moved, r["sent"], failed(r), closed(r)))
    sys.stdout.flush()


def phase(s, name, events, rng, *options):
    """The events, one after the other, under a load of their own: what the
    clients say of it."""
    s.succeeds("scale", str(WORKERS))
    before = s.status()["counters"]["connections_moved_in"]
    load = Load(s.address, "-t", 3600, *CLIENTS, *options)
    load.ready()
    try:
        for event in events:
            event(s, rng)
            s.drain_log()
        after = s.status()["counters"]["connections_moved_in"]
        r = load.stop()
    except BaseException:
        load.process.kill()
        raise
    row(name, len(events), after - before, r)
    return r


def harmless(s, name, events, rng):
    nothing_felt(phase(s, name, events, rng))


def deaths(s, rng):
    """Clients lose what the killed ones held."""
    before = s.status()["counters"]["connections_lost"]
    r = phase(s, "kills", mixture(rng, kills=2 * N), rng, "--reconnect")
    s.settle()
    lost = s.status()["counters"]["connections_lost"] - before
    print("# %d workers killed; they held %d connections" % (s.kills, lost))
    # One that is killed right between accept or TAKEN and its own count has
    # one connection that nobody knows of.  More are counted than felt where a
    # sender is killed before it hears that its offer was taken, or a client
    # had just left.
    assert 0 < closed(r) <= lost + s.kills, (closed(r), lost, r)
    assert failed(r) == r["lost"] <= closed(r) * DEPTH, r
    assert r["right"] == r["sent"] - r["lost"] > 0 and not r["stuck"], r
    died = len(re.findall(r"died of signal 9", s.drain_log()))
    assert 0 < died <= s.kills, (died, s.kills, s.log)


class Kept(Counted, KeptBed):
    """By a manager, whose idea of the master is the only one."""

    def upgrade(self):
        self.succeeds("upgrade")
        until(lambda: self.status()["master"]["pid"] == self.master(),
              "the manager knows the new master")
        self.pid = self.master()


def replace_master(s, rng):
    """sometimes in the middle of a reload, or right after it"""
    if rng.random() < 0.5:
        s.replace_master()
        return
    p = subprocess.Popen([built("thriftfork"), "reload", "-n", s.name],
                         stderr=subprocess.PIPE, text=True)
    s.await_log("reloading: generation")
    s.replace_master()
    err = p.communicate(timeout=60)[1]
    assert (p.returncode, err.count("\n")) in ((0, 0), (1, 1)), (p, err)


def masters_are_killed():
    """and come back with sockets and counters"""
    enter(0)
    rng = random.Random(SEED)
    s = Kept("-o", "canary-time=20ms")
    events = mixture(rng) + [replace_master] * N
    rng.shuffle(events)
    callers = Load(s.address, "-t", 3600, "-c", 0, "--once-rate", 100)
    stayers = Load(s.address, "-t", 3600, "-c", 16, "-d", DEPTH, "--idle", 16,
                   "--reconnect")
    loads = (callers, stayers)
    try:
        for load in loads:
            load.ready()
        for event in events:
            event(s, rng)
            s.drain_log()
        reports = [load.stop() for load in loads]
    finally:
        for load in loads:
            load.process.kill()
    row("masters", len(events), s.status()["counters"]["connections_moved_in"],
        reports[1])
    # What is on its way between two workers as the master dies is lost with
    # it, once in thousands: nobody else knows whether it has been taken.
    drained = s.status()["counters"]["closed_drain"]
    assert closed(reports[0]) <= min(drained, 1 + N // 10), (drained, reports)
    for r in reports:
        assert failed(r) == r["lost"], r
    assert reports[0]["lost"] <= closed(reports[0]), reports
    s.settle()
    calls = s.status()["counters"]["calls_ended"]
    assert sum(r["right"] + r["oneways_proven"] for r in reports) <= calls <= \
        sum(r["sent"] + r["oneways"] for r in reports), (calls, reports)
    nobody_died(s)
    assert s.stop() == 0


def nobody_died(s):
    for words in ("died", "is killed", "in a row", "exited with"):
        assert words not in s.drain_log(), s.log


def enter(migrate):
    if HERE not in os.environ:
        raise Skip("no network of its own: " + REASON)
    try:
        set_loopback_up()
        with open(MIGRATE, "w") as f:
            f.write(str(migrate))
    except OSError as why:
        raise Skip(str(why))


def churn(migrate):
    enter(migrate)
    rng = random.Random(SEED)
    s = Churned("-o", "canary-time=20ms")
    # All slots have served once, and their sockets are shared out.
    s.succeeds("scale", "8")
    s.succeeds("scale", str(WORKERS))
    size = s.size()
    print("# tcp_migrate_req %d, seed %d, %d workers, %d connections that "
          "stay" % (migrate, SEED, WORKERS, STAYING))
    print("# event     events  connections  moved      calls  failed  closed")
    harmless(s, "none", [], rng)
    harmless(s, "reload", [reload] * N, rng)
    harmless(s, "scale", [scale] * N, rng)
    harmless(s, "recycle", [recycle_and_wait] * (2 * N), rng)
    harmless(s, "upgrade", [upgrade] * UPGRADES, rng)
    harmless(s, "mixed", mixture(rng), rng)
    nobody_died(s)
    deaths(s, rng)
    assert "is killed" not in s.log, s.log
    s.succeeds("scale", str(WORKERS))
    s.settle()
    until(lambda: s.size() == size, "as many descriptors as before")
    s.end()


def without_migration():
    churn(0)


def with_migration():
    """of connections that are not established yet"""
    churn(1)


def memory(pid):
    """KiB that are its own, or were before a fork, and mappings: exactly."""
    with open("/proc/%d/maps" % pid) as f:
        maps = len(f.readlines())
    rollup = proc(pid, "smaps_rollup")
    return sum(int(rollup[k].split()[0]) for k in ("Anonymous", "Swap")), maps


def sizes(s):
    """Of the master, and of the worker that the scalings leave alone."""
    s.settle()
    s.drain_log()
    return memory(s.pid), memory(s.workers()[0])


def growth(s, rng, event, times):
    """Each event may cost 1 KiB, and all together a few pages; more of a
    worker's, which has buffers or not, as its clients happen to send."""
    event(s, rng)
    before = sizes(s)
    for _ in range(times):
        event(s, rng)
    after = sizes(s)
    print("# %-16s %4d  %6d %6d   %6d %6d" % (
        event.__name__, times, before[0][0], after[0][0], before[1][0],
        after[1][0]))
    sys.stdout.flush()
    for was, now, room in zip(before, after, (16, 160)):
        assert now[0] <= was[0] + times + room, (event, before, after)
    # Where a program lies is chance, and whether two mappings touch.
    chance = 2 if event is upgrade else 0
    assert after[0][1] <= before[0][1] + chance, (event, before, after)


def there_and_back(s, rng):
    """one worker is given the connections of all others, and shares them"""
    s.succeeds("scale", "1")
    s.succeeds("scale", "8")
    until(lambda: loads(s)[-1] < STAYING / 2, "they are shared out")


def kill_and_wait(s, rng):
    kill(s, rng)
    s.settle()


def memory_stays():
    """in an optimized build"""
    build = os.environ.get("TF_RELEASE")
    if not build:
        raise Skip("TF_RELEASE, an optimized build, is not set: a sanitizer's "
                   "memory says nothing")
    enter(1)
    rng = random.Random(SEED)
    s = Churned("-o", "canary-time=1ms", build=build)
    load = Load(s.address, "-t", 3600, "-c", 8, "-d", DEPTH, "--idle",
                STAYING - 8, "--once-rate", 50, "--timeout", 20000,
                "--reconnect")
    load.ready()
    print("# KiB           times  master        worker")
    try:
        # Those that a master sees before an upgrade, before it is measured.
        for event in (reload, there_and_back, recycle_and_wait):
            event(s, rng)
        growth(s, rng, reload, max(N, 20))
        growth(s, rng, there_and_back, max(N, 8))
        growth(s, rng, recycle_and_wait, max(N, 10))
        growth(s, rng, upgrade, max(UPGRADES, 3))
        growth(s, rng, kill_and_wait, max(N, 5))
    finally:
        load.process.kill()
    s.end()


REASON = ""
if HERE not in os.environ:
    REASON = enter_network()
main([without_migration, with_migration, masters_are_killed, memory_stays])
