#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a service manager hears of a server: when it serves, reloads, stops,
that it lives, and how much time it wants.  The manager is this file."""

import atexit
import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Peer, fifo, held_call
from daemon import TESTBED, children, launcher, read, written
from harness import (DEADLINE, ILL, built, gone, main, put_away, tempdir,
                     until)
from manager import Manager

COUNT = 0


class Hearer(Manager):
    """Starts a server, and hears it."""

    def __init__(self, *options, workers=2, watchdog_us=None, listen=None,
                 module=TESTBED, args=()):
        global COUNT
        COUNT += 1
        super().__init__()
        self.name = "test-m%d-%d" % (os.getpid(), COUNT)
        env = dict(os.environ, NOTIFY_SOCKET=self.path)
        if watchdog_us:
            env["WATCHDOG_USEC"] = str(watchdog_us)
        self.log_path = os.path.join(self.dir, "log")
        self.process = subprocess.Popen(
            [built("thriftfork"), "run", "-n", self.name, "-w", str(workers),
             "-l", listen or "127.0.0.1:0", "-o", "log=" + self.log_path,
             *options, module, *args], env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        atexit.register(put_away, self.process, self.name)
        self.pid = self.process.pid

    def await_key(self, key):
        """The next message with that key; and what came before it."""
        before = []
        while True:
            message = self.hear()
            if key in message:
                return message, before
            before.append(message)

    def ready(self):
        message, before = self.await_key("READY")
        assert not any("STOPPING" in m or "RELOADING" in m for m in before)
        match = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.log())
        self.port = int(match.group(1)) if match else None
        return message

    def silent(self):
        """Nothing more has been said up to now."""
        self.socket.setblocking(False)
        try:
            return self.hear()
        except BlockingIOError:
            return None
        finally:
            self.socket.settimeout(DEADLINE)

    def log(self):
        return read(self.log_path) if os.path.exists(self.log_path) else ""

    def verb(self, *args):
        return launcher(*args, "-n", self.name)

    def call(self):
        """Whether a new connection is served."""
        with contextlib.closing(Peer(self)) as p:
            return b"pid" in p.call("pid")

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self):
        """A graceful stop, whatever is heard meanwhile."""
        self.signal(signal.SIGTERM)
        self.end()

    def hear_its_end(self):
        """What it says on standard error, until nobody has that any more,
        whoever has become the master.  A queue holds few messages: those that
        find it full are lost."""
        err = self.process.stderr.fileno()
        said, piece = b"", None
        while piece != b"":
            ready = select.select([err, self.socket], [], [], DEADLINE)[0]
            assert ready, "it does not end: " + self.log()
            self.silent()
            if err in ready:
                piece = os.read(err, 65536)
                said += piece
        return said.decode()

    def end(self):
        """It has been told to stop."""
        deaf = self.socket.fileno() == -1
        said = "" if deaf else self.hear_its_end()
        said += self.process.communicate(timeout=DEADLINE)[1]
        assert self.process.returncode == 0, (said, self.log())
        assert not ILL.search(self.log() + said), self.log() + said
        if deaf:
            return
        while self.silent() is not None:
            pass
        assert self.names() == [], "it has left something"
        self.socket.close()


def started(out, number):
    """Reads so many pids of processes that are in setup()."""
    pids = []
    while len(pids) < number:
        with open(out) as f:
            pids += re.findall(r"\d+", f.read())
    return [int(p) for p in pids]


def ready_when_all_serve():
    """not while a worker is still in its setup"""
    into, out = fifo(), fifo()
    m = Hearer(workers=1, args=("wait-in-setup", into, out))
    for who in ("the preflight", "the worker"):
        started(out, 1)
        assert m.silent() is None, who
        os.close(os.open(into, os.O_WRONLY))
    assert m.ready()["STATUS"] == "1 worker, generation 1"
    assert m.sender == m.pid
    m.stop()


def not_ready_while_one_is_missing():
    m = Hearer(workers=2, args=("refuse-start",))
    until(lambda: "worker_start: no database today" in m.log(),
          "workers that cannot start")
    assert m.silent() is None
    m.signal(signal.SIGINT)
    assert m.hear()["STOPPING"] == "1"
    m.process.communicate(timeout=DEADLINE)


def stopping():
    m = Hearer(workers=1)
    assert m.ready()["STATUS"] == "1 worker, generation 1"
    m.signal(signal.SIGTERM)
    message = m.hear()
    assert message["STOPPING"] == "1", message
    m.end()


def reload_by_verb():
    """RELOADING with the time, then READY with the next generation"""
    m = Hearer("-o", "canary-time=1ms")
    m.ready()
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert m.verb("reload").returncode == 0
    message = m.hear()
    assert message["RELOADING"] == "1", message
    stamp = int(message["MONOTONIC_USEC"])
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert before <= stamp <= now, (before, stamp, now)
    message, between = m.await_key("READY")
    assert message["STATUS"] == "2 workers, generation 2", message
    assert all(set(b) == {"STATUS"} for b in between), between
    m.signal(signal.SIGTERM)
    assert "STOPPING" in m.hear()
    m.end()


def reload_by_signal_that_fails():
    """a manager that has sent HUP is not left waiting"""
    where = tempdir()
    conf = written(where, "conf", "call-timeout 5s\n")
    m = Hearer("-c", conf)
    m.ready()
    written(where, "conf", "no-such-key 1\n")
    m.signal(signal.SIGHUP)
    assert m.hear()["RELOADING"] == "1"
    message, _ = m.await_key("READY")
    assert message["STATUS"] == \
        "2 workers, generation 1, the last reload failed", message
    m.stop()


def reload_that_fails_later():
    """in the preflight"""
    where = tempdir()
    module = os.path.join(where, "m.so")
    with open(TESTBED, "rb") as f, open(module, "wb") as g:
        g.write(f.read())
    m = Hearer(module=module)
    m.ready()
    with open(module + ".new", "wb") as f:
        f.write(b"no module")
    os.rename(module + ".new", module)
    assert m.verb("reload").returncode == 1
    assert m.hear()["RELOADING"] == "1"
    message, _ = m.await_key("READY")
    assert "reload failed" in message["STATUS"], message
    m.stop()


def status_after_scaling():
    m = Hearer(workers=1)
    m.ready()
    done = launcher("scale", "-n", m.name, "3")
    assert done.returncode == 0, done
    assert m.hear() == {"STATUS": "3 workers, generation 1"}
    m.stop()


def watchdog():
    """pings, twice as often as they are wanted, until the end"""
    m = Hearer(workers=1, watchdog_us=200000)
    m.ready()
    m.await_key("WATCHDOG")
    begin = time.monotonic()
    for _ in range(5):
        m.await_key("WATCHDOG")
        assert m.sender == m.pid
    # Each within its 100 ms, give or take a busy machine.
    assert time.monotonic() - begin >= 0.4
    m.stop()


def no_watchdog_from_a_hung_master():
    """none in the time in which another one's have come, and then again"""
    m = Hearer(workers=1, watchdog_us=100000)
    m.ready()
    m.await_key("WATCHDOG")
    clock = Hearer(workers=1, watchdog_us=100000)
    clock.ready()
    m.signal(signal.SIGSTOP)
    until(lambda: read("/proc/%d/stat" % m.pid).rsplit(")", 1)[1]
          .split()[0] == "T", "the master is stopped")
    while m.silent() is not None:
        pass
    # What has queued up there does not count: it came before the stop, too.
    while clock.silent() is not None:
        pass
    for _ in range(10):             # five times as long as it may be silent
        clock.await_key("WATCHDOG")
    assert m.silent() is None
    m.signal(signal.SIGCONT)
    m.await_key("WATCHDOG")
    clock.stop()
    m.stop()


def drain_delay():
    """unready at once, and calls are answered all the while"""
    m = Hearer("-o", "drain-delay=60s", watchdog_us=200000)
    m.ready()
    assert m.verb("ready").returncode == 0
    m.signal(signal.SIGTERM)
    m.await_key("STOPPING")
    done = m.verb("ready")
    assert done.returncode == 1 and "the server stops" in done.stderr, done
    for _ in range(3):
        message, _ = m.await_key("EXTEND_TIMEOUT_USEC")
        assert int(message["EXTEND_TIMEOUT_USEC"]) >= 10000000
        assert m.call()
    m.await_key("WATCHDOG")
    assert m.process.poll() is None
    m.signal(signal.SIGTERM)        # a second one is quick
    m.end()


def time_for_a_long_stop():
    """a call that takes its time"""
    m = Hearer(workers=1, watchdog_us=200000)
    m.ready()
    call, writer = held_call(m)
    m.signal(signal.SIGTERM)
    m.await_key("STOPPING")
    for _ in range(4):
        m.await_key("EXTEND_TIMEOUT_USEC")
    writer.write(b"done")
    writer.close()
    assert b"done" in call.reply()
    call.close()
    m.end()


def only_the_master_speaks():
    """workers have nobody to speak to"""
    m = Hearer(workers=1, watchdog_us=100000)
    m.ready()
    for _ in range(6):
        m.hear()
        assert m.sender == m.pid
    assert m.sender not in children(m.pid)
    m.stop()


def an_upgrade():
    """MAINPID from the old master, and from then on the new one speaks"""
    m = Hearer(workers=1, watchdog_us=200000)
    m.ready()
    before = m.names()
    assert m.verb("upgrade").returncode == 0
    message, _ = m.await_key("MAINPID")
    assert m.sender == m.pid
    new = int(message["MAINPID"])
    message = m.ready()
    assert m.sender == new and message["STATUS"] == "1 worker, generation 2"
    for _ in range(3):
        m.await_key("WATCHDOG")
        assert m.sender == new
    assert m.names() == before
    assert m.verb("stop").returncode == 0
    message, _ = m.await_key("STOPPING")
    assert m.sender == new
    m.end()


def in_the_background():
    """MAINPID, before the process that was started leaves"""
    m = Hearer("-d", workers=1)
    m.process.communicate(timeout=DEADLINE)
    assert m.process.returncode == 0
    message = m.hear()
    pid = int(message["MAINPID"])
    assert pid != m.pid and m.sender == pid
    m.ready()
    assert launcher("stop", "-n", m.name).returncode == 0
    m.await_key("STOPPING")
    until(lambda: gone(pid), "the master leaves")
    assert not ILL.search(m.log()), m.log()


def a_manager_that_is_mute_and_then_gone():
    """costs nothing"""
    m = Hearer(workers=1, watchdog_us=100000)
    m.ready()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        try:
            while True:             # until its queue is full
                other.sendto(b"X=1", os.path.join(m.dir, "notify"))
        except BlockingIOError:
            pass
    done = m.verb("reload")
    assert done.returncode == 0, done
    assert m.call()
    m.socket.close()
    os.unlink(os.path.join(m.dir, "notify"))
    done = m.verb("reload")
    assert done.returncode == 0, done
    assert m.call()
    m.stop()


def an_address_that_is_none():
    os.environ["NOTIFY_SOCKET"] = "nonsense"
    try:
        done = launcher("run", "-n", "test-m%d-x" % os.getpid(), "-w", "1",
                        "-l", "127.0.0.1:0", TESTBED, "leave-in-setup")
    finally:
        del os.environ["NOTIFY_SOCKET"]
    assert "NOTIFY_SOCKET" in done.stderr, done


main([ready_when_all_serve, not_ready_while_one_is_missing, stopping,
      reload_by_verb, reload_by_signal_that_fails, reload_that_fails_later,
      status_after_scaling, watchdog, no_watchdog_from_a_hung_master,
      drain_delay, time_for_a_long_stop, only_the_master_speaks,
      an_upgrade, in_the_background, a_manager_that_is_mute_and_then_gone,
      an_address_that_is_none])
