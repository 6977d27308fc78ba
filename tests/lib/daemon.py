# SPDX-License-Identifier: Apache-2.0
"""Servers in the background, and what /proc says of processes."""

import atexit
import contextlib
import ctypes
import os
import re
import signal
import socket
import struct
import subprocess

from harness import (DEADLINE, ILL, Skip, built, gone, instance_dir, tempdir,
                     until)

TESTBED = built(".libs/testbed.so")
CALC = built(".libs/calc.so")
PIDFD_GETFD = 438


def launcher(*args, **more):
    """Runs the launcher to its end."""
    return subprocess.run([built("thriftfork"), *args], capture_output=True,
                          text=True, timeout=DEADLINE, **more)


def refused(status, words, *args, **more):
    """It must fail with that status and one line that has these words."""
    done = launcher(*args, **more)
    assert done.returncode == status, (args, done)
    assert words in done.stderr, (args, done.stderr)
    assert not ILL.search(done.stderr), done.stderr
    return done.stderr


def written(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def proc(pid, name):
    """Key -> value of a file of /proc/PID such as status."""
    lines = read("/proc/%d/%s" % (pid, name)).splitlines()
    return {k: v.strip() for k, v in
            (line.split(":", 1) for line in lines if ":" in line)}


def descriptors(pid):
    """number -> what it is."""
    where = "/proc/%d/fd" % pid
    fds = {}
    for n in os.listdir(where):
        with contextlib.suppress(FileNotFoundError):    # the listing's own
            fds[int(n)] = os.readlink(os.path.join(where, n))
    return fds


def sockets(pid):
    """Those of a process, one after the other."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    try:
        for fd, what in descriptors(pid).items():
            if not what.startswith("socket:"):
                continue
            ours = libc.syscall(PIDFD_GETFD, pidfd, int(fd), 0)
            if ours == -1:
                raise Skip("pidfd_getfd: " + os.strerror(ctypes.get_errno()))
            with socket.socket(fileno=ours) as s:
                yield s
    finally:
        os.close(pidfd)


def children(pid):
    path = "/proc/%d/task/%d/children" % (pid, pid)
    return [int(p) for p in read(path).split()]


class Daemon:
    """A server that was started with -d, logging to a file."""

    count = 0

    def __init__(self, *args, workers=1, module=TESTBED, log=None, **more):
        if os.environ.get("TF_SANITIZER") == "thread":
            raise Skip("the thread sanitizer has a thread before main()")
        Daemon.count += 1
        self.name = "test-d%d-%d" % (os.getpid(), Daemon.count)
        self.dir = tempdir()
        os.chmod(self.dir, 0o755)
        self.pidfile = os.path.join(self.dir, "pid")
        self.log_path = log or os.path.join(self.dir, "log")
        done = subprocess.run(
            [built("thriftfork"), "run", "-d", "-n", self.name, "-w",
             str(workers), "-l", "127.0.0.1:0", "-o",
             "pidfile=" + self.pidfile, "-o", "log=" + self.log_path, *args,
             module], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=DEADLINE, **more)
        assert done.returncode == 0, done
        # One that detaches has nothing more to say here.
        assert done.stdout == "" and done.stderr == "", done
        self.pid = int(read(self.pidfile))
        atexit.register(self.kill)
        log = read(self.log_path)
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", log)
        self.port = int(found.group(1)) if found else None

    def log(self):
        return read(self.log_path)

    def await_log(self, pattern):
        until(lambda: re.search(pattern, self.log()), pattern)

    def workers(self, number=1):
        until(lambda: len(re.findall(r"worker \d+ pid \d+ serves",
                                     self.log())) >= number, "workers serve")
        return children(self.pid)

    def call(self, method, args=b"\0"):
        """The body of the reply to one call, compact and framed."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as c:
            body = b"\x82\x21\x07" + bytes([len(method)]) + method.encode() \
                + args
            c.sendall(struct.pack(">I", len(body)) + body)
            with c.makefile("rb") as f:
                return f.read(struct.unpack(">I", f.read(4))[0])

    def stop(self):
        done = launcher("stop", "-n", self.name)
        assert done.returncode == 0, done
        until(lambda: gone(self.pid), "the master leaves")
        assert not ILL.search(self.log()), self.log()

    def kill(self):
        """Whatever a test left."""
        if not gone(self.pid) and self.name in \
                read("/proc/%d/cmdline" % self.pid):
            os.kill(self.pid, signal.SIGKILL)
        for suffix in (".sock", ".lock"):
            path = os.path.join(instance_dir(), self.name + suffix)
            if os.path.exists(path):
                os.unlink(path)
