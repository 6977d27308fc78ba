#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads, scalings and recyclings, each by itself and then mixed, under load
from persistent connections and clients that call once: no call fails, and no
connection is closed but by its client.  In a network of its own, for the sake
of net.ipv4.tcp_migrate_req.

TF_CHURN is the number of reloads and of scalings, of recyclings it is twice;
TF_SEED is the seed of their order."""

import contextlib
import fcntl
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import FELT, Bed, nothing_felt
from harness import Load, Skip, built, main, until

N = int(os.environ.get("TF_CHURN", "3"))
SEED = int(os.environ.get("TF_SEED", "1"))
# 64 that stay, half of them pipelined, half mostly idle, and some that leave.
CLIENTS = ("-c", 32, "-d", 8, "--idle", 32, "--once-rate", 50, "--timeout",
           20000)
WORKERS = 4
MIGRATE = "/proc/sys/net/ipv4/tcp_migrate_req"
HERE = "TF_CHURN_INSIDE"


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


def recycle(s, rng):
    """without waiting for its end"""
    pids = sorted(s.workers().values())
    if pids:
        with contextlib.suppress(ProcessLookupError):   # it has just left
            os.kill(rng.choice(pids), signal.SIGTERM)


def recycle_and_wait(s, rng):
    pids = sorted(s.workers().values())
    pid = rng.choice(pids)
    os.kill(pid, signal.SIGTERM)
    until(lambda: pid not in s.processes(), "it leaves")


def mixture(rng):
    events = [reload] * N + [scale] * N + [recycle] * (2 * N)
    rng.shuffle(events)
    return events


def row(name, events, moved, r):
    failed = sum(r[k] for k in FELT if "closed" not in k)
    closed = sum(r[k] for k in FELT if "closed" in k)
    print("# %-9s %6d  %11d %6d  %9d  %6d  %6d" % (
        name, events, r["opened"], moved, r["sent"], failed, closed))
    sys.stdout.flush()


def moved(s):
    return s.status()["counters"]["connections_moved_in"]


def phase(s, name, events, rng):
    """The events, one after the other, under a load of their own."""
    s.succeeds("scale", str(WORKERS))
    before = moved(s)
    load = Load(s.address, "-t", 3600, *CLIENTS)
    load.ready()
    try:
        for event in events:
            event(s, rng)
    except BaseException:
        load.process.kill()
        raise
    after = moved(s)
    r = load.stop()
    row(name, len(events), after - before, r)
    nothing_felt(r)


def churn(migrate):
    if HERE not in os.environ:
        raise Skip("no network of its own: " + REASON)
    try:
        set_loopback_up()
        with open(MIGRATE, "w") as f:
            f.write(str(migrate))
    except OSError as why:
        raise Skip(str(why))
    rng = random.Random(SEED)
    s = Bed("-o", "canary-time=20ms", workers=WORKERS)
    # All slots have served once, and their sockets are shared out.
    s.succeeds("scale", "8")
    s.succeeds("scale", str(WORKERS))
    size = s.size()
    print("# tcp_migrate_req %d, seed %d, %d workers, 64 connections that "
          "stay" % (migrate, SEED, WORKERS))
    print("# event     events  connections  moved      calls  failed  closed")
    phase(s, "none", [], rng)
    phase(s, "reload", [reload] * N, rng)
    phase(s, "scale", [scale] * N, rng)
    phase(s, "recycle", [recycle_and_wait] * (2 * N), rng)
    phase(s, "mixed", mixture(rng), rng)
    s.succeeds("scale", str(WORKERS))
    until(lambda: s.size() == size, "as many descriptors as before: %s, %s" %
          (size, s.size()))
    assert "died" not in s.drain_log() and "killed" not in s.log, s.log
    assert "in a row" not in s.log, s.log
    assert s.stop() == 0


def without_migration():
    churn(0)


def with_migration():
    """of connections that are not established yet"""
    churn(1)


REASON = ""
if HERE not in os.environ:
    REASON = enter_network()
main([without_migration, with_migration])
