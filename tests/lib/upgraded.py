# SPDX-License-Identifier: Apache-2.0
"""Upgrades: what a test asks of such a server, it asks of the process that is
the master by now."""

import contextlib
import os
import signal
import subprocess

from daemon import children, launcher, read
from harness import Server, built, gone, until


class Upgraded(Server):
    """A server whose first process is not its last."""

    before = ()                     # masters that it has had, oldest first

    def upgrade(self):
        """The new master's pid, which is the server's from now on."""
        before = self.master()
        done = launcher("upgrade", "-n", self.name)
        assert done.returncode == 0, (done, self.drain_log())
        after = self.master()
        assert after != before, "it is the old one"
        self.before += (before,)
        self.pid = after
        return after

    def upgrade_unfinished(self):
        """The command that waits, and the new master's pid, which serves and
        has no names, because the old one has been stopped meanwhile."""
        workers = self.status()["master"]["workers"]
        command = subprocess.Popen(
            [built("thriftfork"), "upgrade", "-n", self.name],
            stderr=subprocess.PIPE, text=True)
        self.await_log("upgrade: pid .* executes")
        self.signal(signal.SIGSTOP)
        new = int(self.log.rsplit("upgrade: pid ", 1)[1].split()[0])
        for _ in range(workers):
            self.await_log(r"worker \d+ pid \d+ serves")
        return command, new

    def refused(self, words):
        before = self.master()
        done = launcher("upgrade", "-n", self.name)
        assert done.returncode == 1 and words in done.stderr, done
        assert done.stderr.count("\n") == 1, done.stderr
        assert self.master() == before, "it is another one"
        return done.stderr

    def master(self):
        return self.status()["master"]["pid"]

    def masters(self):
        """Those that live, the oldest first."""
        return [p for p in self.before + (self.pid,) if not gone(p)]

    def everybody(self):
        """All workers of all masters, those that leave or start, too: children
        that have a lane.  A leak sanitizer gives a master that ends another
        one, and awaits it for ever if that is killed."""
        pids = set()
        for pid in self.masters():
            with contextlib.suppress(FileNotFoundError):
                pids.update(children(pid))
        return sorted(pids.intersection(
            lane["pid"] for lane in self.status()["lanes"]))

    def kill(self):
        """Whatever a test has left."""
        launcher("stop", "--now", "-n", self.name)
        for pid in self.masters():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if self.name in read("/proc/%d/cmdline" % pid):
                    os.kill(pid, signal.SIGKILL)
        super().kill()

    def end(self):
        """Stops the last one; all of them end well."""
        pid = self.master()
        assert launcher("stop", "-n", self.name).returncode == 0
        until(lambda: gone(pid), "the last master leaves")
        assert self.wait() == 0


def recycle(s, rng):
    """some worker of it, without waiting for its end"""
    pids = sorted(s.workers().values())
    if pids:
        with contextlib.suppress(ProcessLookupError):   # it has just left
            os.kill(rng.choice(pids), signal.SIGTERM)
