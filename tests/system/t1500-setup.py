#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A setup() that takes its time, and what happens meanwhile."""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import TESTBED, launcher, read
from harness import DEADLINE, built, instance_dir, main, tempdir, until


class Waiting:
    """A server whose setup() waits at a fifo, each time it runs."""

    count = 0

    def __init__(self):
        Waiting.count += 1
        self.name = "test-w%d-%d" % (os.getpid(), Waiting.count)
        self.dir = tempdir()
        self.fifo = os.path.join(self.dir, "fifo")
        self.out = os.path.join(self.dir, "out")
        self.log = os.path.join(self.dir, "log")
        os.mkfifo(self.fifo)
        os.mkfifo(self.out)
        self.process = subprocess.Popen(
            [built("thriftfork"), "run", "-w", "1", "-n", self.name, "-l",
             "127.0.0.1:0", "-o", "log=" + self.log, "-o",
             "pidfile=" + os.path.join(self.dir, "pid"), TESTBED,
             "wait-in-setup", self.fifo, self.out], stderr=subprocess.PIPE, text=True)

    def waits(self):
        """The pid of the child that is in setup()."""
        with open(self.out) as f:
            return int(f.read())

    def release(self):
        with open(self.fifo, "w"):
            pass

    def end(self):
        return self.process.wait(DEADLINE), self.process.stderr.read()


def stop_in_preflight_is_at_once_and_in_order():
    for sig in (signal.SIGTERM, signal.SIGINT):
        w = Waiting()
        w.waits()
        os.kill(w.process.pid, sig)
        status, said = w.end()
        assert status == 0 and said == "", (status, said)
        assert "stopped before it served" in read(w.log), read(w.log)
        assert sorted(os.listdir(w.dir)) == ["fifo", "log", "out"], \
            os.listdir(w.dir)
        left = os.listdir(instance_dir()) \
            if os.path.isdir(instance_dir()) else []
        assert not [f for f in left if f.startswith(w.name + ".")], left


def worker_in_setup_is_not_killed_by_what_all_get():
    w = Waiting()
    w.waits()
    w.release()
    pid = w.waits()
    for sig in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1,
                signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU,
                signal.SIGWINCH):
        os.kill(pid, sig)
    w.release()
    until(lambda: "worker 0 pid %d serves" % pid in read(w.log), "it serves")
    os.kill(w.process.pid, signal.SIGTERM)
    assert w.end() == (0, "")


def exit_in_setup_is_told_as_what_it_is():
    done = launcher("run", "-t", TESTBED, "leave-in-setup")
    assert done.returncode == 1
    assert "exited with 0 before setup() had returned" in done.stderr, done


main([stop_in_preflight_is_at_once_and_in_order,
      worker_in_setup_is_not_killed_by_what_all_get,
      exit_in_setup_is_told_as_what_it_is])
