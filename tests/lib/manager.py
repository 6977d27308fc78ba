# SPDX-License-Identifier: Apache-2.0
"""A stand-in for a service manager, as systemd is one: it hears its server,
keeps descriptors for it, and starts it with those that it has."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

from bed import Bed
from harness import DEADLINE, gone, tempdir, until

# Puts descriptors where they belong; leaves its own behind, as strays.
WRAPPER = """
import os, sys
fds = [int(n) for n in sys.argv[1].split(",") if n]
for i, n in enumerate(fds):
    os.dup2(n, 1000 + i)
for i, n in enumerate(fds):
    os.dup2(1000 + i, 3 + i)
    os.close(1000 + i)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


def activated(args, fds, names, env=None, **more):
    """Starts a program that is passed descriptors under these names."""
    env = dict(env or os.environ, LISTEN_FDS=str(len(fds)),
               LISTEN_FDNAMES=names)
    return subprocess.Popen(
        [sys.executable, "-c", WRAPPER, ",".join(map(str, fds)), *args],
        env=env, pass_fds=fds, stdin=subprocess.DEVNULL, **more)


def same_file(a, b):
    a, b = os.fstat(a), os.fstat(b)
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


class Manager:
    """The socket where a server is heard, and what is kept for it: at most
    room descriptors (FileDescriptorStoreMax)."""

    def __init__(self, room=1024):
        self.dir = tempdir()
        self.path = os.path.join(self.dir, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(DEADLINE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.room = room
        self.store = []                 # (name, descriptor), oldest first

    def keep(self, name, fd):
        """As systemd does: what is there already, under whatever name, and
        what there is no room for, is closed."""
        if len(self.store) >= self.room or \
                any(same_file(fd, other) for _, other in self.store):
            os.close(fd)
        else:
            self.store.append((name, fd))

    def drop(self, name):
        for kept in [k for k in self.store if k[0] == name]:
            os.close(kept[1])
            self.store.remove(kept)

    def names(self):
        return sorted(name for name, _ in self.store)

    def receive(self, flags=0):
        """A message; its sender; the descriptors that came along."""
        data, more, _, _ = self.socket.recvmsg(4096, 4096, flags)
        sender, fds = 0, []
        for level, kind, what in more:
            if kind == socket.SCM_CREDENTIALS:
                sender = int.from_bytes(what[:4], sys.byteorder)
            elif kind == socket.SCM_RIGHTS:
                fds += struct.unpack("%di" % (len(what) // 4), what)
        lines = data.decode().split("\n")
        return dict(line.split("=", 1) for line in lines), sender, fds

    def see_to(self, message, fds):
        """Whether it was about the store."""
        for fd in fds:
            if "FDSTORE" in message:
                self.keep(message.get("FDNAME", "stored"), fd)
            else:
                os.close(fd)
        if "FDSTOREREMOVE" in message:
            self.drop(message["FDNAME"])
        return "FDSTORE" in message or "FDSTOREREMOVE" in message

    def hear(self, flags=0):
        """The next message that is not about the store."""
        while True:
            message, self.sender, fds = self.receive(flags)
            if not self.see_to(message, fds):
                return message


class Unit(Manager):
    """A manager that listens all the time, and one process at a time that is
    its server's master."""

    def __init__(self, room=1024):
        super().__init__(room)
        self.lock = threading.Condition()
        self.main = None                # the master's pid
        self.heard = []
        self.rounds = 0
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        self.socket.settimeout(None)
        while True:
            message, sender, fds = self.receive()
            with self.lock:
                if "ROUND" in message:
                    self.rounds += 1
                elif sender != self.main:       # NotifyAccess=main
                    message = {}
                if "MAINPID" in message:
                    self.main = int(message["MAINPID"])
                if not self.see_to(message, fds) and message:
                    self.heard.append(message)
                self.lock.notify_all()

    def settle(self):
        """Until all that has been sent has been heard."""
        with self.lock:
            want = self.rounds + 1
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"ROUND=1", self.path)
        with self.lock:
            assert self.lock.wait_for(lambda: self.rounds >= want, DEADLINE)

    def await_key(self, key):
        """Until a message has that key, of those since start()."""
        with self.lock:
            assert self.lock.wait_for(
                lambda: any(key in m for m in self.heard), DEADLINE), \
                (key, self.heard)

    def start(self, args, **more):
        """A master with all that is kept; it has not said anything yet."""
        with self.lock:
            self.heard = []
            process = activated(
                args, [fd for _, fd in self.store],
                ":".join(name for name, _ in self.store),
                dict(os.environ, NOTIFY_SOCKET=self.path), **more)
            self.main = process.pid
        return process

    def kill(self):
        """The master, wherever it is in its work; its pid."""
        pid = self.main
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        until(lambda: gone(pid), "the master is dead")
        self.settle()
        return pid


class KeptBed(Bed):
    """A test bed whose master may be killed: self.unit starts the next."""

    def __init__(self, *options, room=1024, unit=None, **more):
        self.unit = unit or Unit(room)
        super().__init__(*options, **more)
        self.unit.await_key("READY")

    def launch(self, args, stderr):
        self.args = args
        self.stderr = os.dup(stderr)            # for those that follow
        return self.unit.start(args, stderr=stderr)

    def kill_master(self):
        """And does not start another one."""
        self.unit.kill()
        self.process.wait(DEADLINE)     # or the first of several

    def start_again(self, *more, listen=None, ready=True):
        """The next master, with more options behind the first one's, or
        another address."""
        at = self.args.index(self.module)
        self.args[at:at] = more
        if listen:
            self.args[self.args.index("-l") + 1] = listen
        self.process = self.unit.start(self.args, stderr=self.stderr)
        self.pid = self.process.pid
        if ready:
            self.unit.await_key("READY")

    def replace_master(self):
        """kill -9, and what the manager does then: a master that serves."""
        self.kill_master()
        self.start_again()

    def master(self):
        return self.unit.main

    def stop(self):
        """In order; the store is empty then."""
        self.succeeds("stop")
        pid = self.unit.main
        until(lambda: gone(pid), "the master leaves")
        self.unit.settle()
        assert self.unit.names() == [], self.unit.names()
        return self.process.wait(DEADLINE)

    def kill(self):
        if self.unit.main and not gone(self.unit.main):
            os.kill(self.unit.main, signal.SIGKILL)
        super().kill()
