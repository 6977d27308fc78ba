#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sockets that the service manager has bound: they are served, and they are
still its own afterwards."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import TESTBED, children, descriptors, launcher, read, refused
from harness import (DEADLINE, ILL, built, gone, main, put_away, tempdir,
                     until)
from manager import activated

PID = b"\0\0\0\x08\x82\x21\x01\x03pid\0"
COUNT = 0


def command(*args, workers=2):
    global COUNT
    COUNT += 1
    name = "test-a%d-%d" % (os.getpid(), COUNT)
    return name, [built("thriftfork"), "run", "-n", name, "-w", str(workers),
                  *args]


class Activated:
    """A server with sockets of ours."""

    def __init__(self, sockets, names, *options, workers=2, module=TESTBED):
        self.name, args = command(*options, workers=workers)
        self.log_path = os.path.join(tempdir(), "log")
        fds = [s.fileno() for s in sockets]
        self.process = activated(
            [*args, "-o", "log=" + self.log_path, module], fds, names,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        atexit.register(put_away, self.process, self.name)
        self.pid = self.process.pid

    def log(self):
        return read(self.log_path) if os.path.exists(self.log_path) else ""

    def await_log(self, text, times=1):
        until(lambda: self.log().count(text) >= times or
              self.process.poll() is not None, text)
        assert self.log().count(text) >= times, (text, self.log())

    def end(self, status=0):
        said = self.process.communicate(timeout=DEADLINE)[1]
        assert self.process.returncode == status, (said, self.log())
        assert not ILL.search(self.log() + said), self.log() + said
        return said + self.log()


def tcp():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(64)
    return s


def local(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(64)
    return s


def call(address, family=socket.AF_UNIX):
    with socket.socket(family) as c:
        c.settimeout(DEADLINE)
        c.connect(address)
        c.sendall(PID)
        return b"pid" in c.recv(100)


def still_ours(s, address, family=socket.AF_UNIX):
    """A connection reaches the socket that the server has served."""
    with socket.socket(family) as c:
        c.connect(address)
        s.settimeout(DEADLINE)
        s.accept()[0].close()


def a_unix_socket():
    """served by all workers, and afterwards open, with its file"""
    path = os.path.join(tempdir(), "s")
    with local(path) as s:
        a = Activated([s], "web", "-l", "fd:web", workers=2)
        a.await_log("listening on unix:%s, fd:web" % path)
        a.await_log(" serves", 2)
        assert all(call(path) for _ in range(50))
        a.process.terminate()
        a.end()
        still_ours(s, path)
        assert os.path.exists(path)


def a_tcp_socket():
    with tcp() as s:
        a = Activated([s], "web", "-l", "fd:web", workers=2)
        a.await_log(" serves", 2)
        address = s.getsockname()
        assert all(call(address, socket.AF_INET) for _ in range(50))
        a.process.terminate()
        a.end()
        still_ours(s, address, socket.AF_INET)


def a_reload_keeps_it():
    path = os.path.join(tempdir(), "s")
    with local(path) as s:
        a = Activated([s], "web", "-l", "fd:web", "-o", "canary-time=1ms")
        a.await_log(" serves", 2)
        done = subprocess.run([built("thriftfork"), "reload", "-n", a.name])
        assert done.returncode == 0
        assert all(call(path) for _ in range(20))
        a.process.terminate()
        a.end()
        still_ours(s, path)


def an_upgrade_keeps_them():
    """two of one name, one of another, beside one of our own"""
    where = tempdir()
    paths = [os.path.join(where, n) for n in ("a", "b", "c", "own")]
    with local(paths[0]) as s, local(paths[1]) as t, local(paths[2]) as u:
        a = Activated([s, t, u], "web:web:more", "-l", "fd:more", "-l",
                      "fd:web", "-l", "unix:" + paths[3], workers=1)
        a.await_log(" serves")
        with socket.socket(socket.AF_UNIX) as staying:
            staying.settimeout(DEADLINE)
            staying.connect(paths[0])
            for n in range(1, 4):
                done = launcher("upgrade", "-n", a.name)
                assert done.returncode == 0, (done, a.log())
                assert all(call(p) for p in paths)
                staying.sendall(PID)
                assert b"pid" in staying.recv(100)
                a.await_log("this is the master now", n)
        done = launcher("stop", "-n", a.name)
        assert done.returncode == 0, done
        a.end()
        assert not os.path.exists(paths[3])
        for ours, path in ((s, paths[0]), (t, paths[1]), (u, paths[2])):
            still_ours(ours, path)


def settings_of_its_own():
    """with workers and without"""
    header = b"PROXY TCP4 10.1.2.3 192.0.2.1 5432 80\r\n"
    for workers in (2, 0):
        path = os.path.join(tempdir(), "s")
        with local(path) as s:
            a = Activated([s], "we,b", "-l", "fd:we\\,b,proxy=on",
                          workers=workers)
            a.await_log("listening on unix:%s, fd:we,b (proxy=on)" % path)
            for first, answered in ((header, True), (b"", False)) * 10:
                with socket.socket(socket.AF_UNIX) as c:
                    c.settimeout(DEADLINE)
                    c.connect(path)
                    c.sendall(first + PID)
                    with contextlib.suppress(ConnectionResetError):
                        assert (b"pid" in c.recv(100)) == answered
            a.process.terminate()
            a.end()


def the_master_is_killed():
    """its workers leave, the socket stays"""
    path = os.path.join(tempdir(), "s")
    with local(path) as s:
        a = Activated([s], "web", "-l", "fd:web", workers=2)
        a.await_log(" serves", 2)
        pids = children(a.pid)
        a.process.kill()
        a.process.communicate()
        until(lambda: all(gone(p) for p in pids), "the workers leave")
        still_ours(s, path)


def several_of_one_name_beside_our_own():
    where = tempdir()
    paths = [os.path.join(where, n) for n in ("a", "b", "own")]
    with local(paths[0]) as s, local(paths[1]) as t:
        a = Activated([s, t], "web:web", "-l", "fd:web", "-l",
                      "unix:" + paths[2], workers=1)
        a.await_log(" serves")
        assert all(call(p) for p in paths)
        a.process.send_signal(signal.SIGINT)
        a.end()
        assert not os.path.exists(paths[2])
        still_ours(s, paths[0])
        still_ours(t, paths[1])


def nothing_else_reaches_workers():
    """neither a stray descriptor nor a socket that nobody listens on"""
    where = tempdir()
    with local(where + "/a") as s, local(where + "/b") as t:
        inodes = ["socket:[%d]" % os.fstat(x.fileno()).st_ino
                  for x in (s, t)]
        a = Activated([s, t], "web:other", "-l", "fd:web", workers=1)
        a.await_log("a socket that nothing listens on: fd:other")
        a.await_log(" serves")
        for pid in (a.pid, *children(a.pid)):
            have = list(descriptors(pid).values())
            assert have.count(inodes[0]) == 1, have
            assert inodes[1] not in have, have
        a.process.terminate()
        a.end()


def alone():
    """workers 0"""
    path = os.path.join(tempdir(), "s")
    with local(path) as s:
        a = Activated([s], "web", "-l", "fd:web", workers=0)
        assert call(path)
        a.process.terminate()
        a.end()
        still_ours(s, path)


def what_cannot_be_served():
    """an address without a socket, and a socket that is no listener"""
    _, args = command("-l", "fd:web", TESTBED)
    refused(1, "listen fd:web: the service manager has passed no such socket",
            *args[1:])
    with tcp() as s:
        a = Activated([s], "other", "-l", "fd:web")
        assert "fd:web: the service manager has passed no such" in a.end(1)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        a = Activated([s], "web", "-l", "fd:web")
        assert "listen fd:web: descriptor 3: not listening" in a.end(1)
    one, two = socket.socketpair()
    with one, two:
        a = Activated([one], "web", "-l", "fd:web")
        assert "a connection, not a socket" in a.end(1)


def what_is_no_name():
    for name in ("fd:", "fd:a:b", "fd:" + "x" * 300):
        refused(2, "the name of a socket", "run", "-l", name, TESTBED)


def a_check_needs_no_socket():
    """-t"""
    done = subprocess.run([built("thriftfork"), "run", "-t", "-l", "fd:web",
                           TESTBED], capture_output=True, text=True)
    assert done.returncode == 0, done


main([a_unix_socket, a_tcp_socket, a_reload_keeps_it, an_upgrade_keeps_them,
      settings_of_its_own, the_master_is_killed,
      several_of_one_name_beside_our_own, nothing_else_reaches_workers,
      alone, what_cannot_be_served, what_is_no_name, a_check_needs_no_socket])
