#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The role admin in trouble: its process, all workers or the master are killed
or stopped, strangers flood it, its address is taken.  Whoever asks is answered
as long as there is a master."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from admin import (TCP, AdminBed, AdminServer, Scraper, dial, get, is_built,
                   metrics, total)
from bed import held_call
from daemon import TESTBED, descriptors
from harness import DEADLINE, gone, main, until


def it_comes_again():
    "when it dies, with a growing pause if that was soon; nobody notices"
    is_built()
    s = AdminServer(workers=1)
    pid = s.await_admin()
    before = s.workers()
    os.kill(pid, signal.SIGKILL)
    s.await_log(r"admin pid %d died of signal 9 \(Killed\)" % pid)
    # Who connects meanwhile waits, and is answered.
    assert get(s.admin, "/healthz").status == 200
    again = s.await_admin(pid)
    os.kill(again, signal.SIGKILL)
    s.await_log(r"admin pid %d died" % again)
    third = s.await_admin(again)
    # Stopped, it is no worker that hangs; and then it goes on.
    os.kill(third, signal.SIGSTOP)
    c = dial(s.admin)
    c.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    os.kill(third, signal.SIGCONT)
    assert c.recv(12) == b"HTTP/1.1 200"
    c.close()
    for number in signal.SIGINT, signal.SIGHUP, signal.SIGUSR1:
        os.kill(third, number)      # a terminal sends them to all
    assert s.ready() == 200 and s.admin_pid() == third
    assert s.workers() == before
    assert s.stop() == 0
    assert gone(third)


def it_hangs():
    "and is killed when the master leaves"
    is_built()
    s = AdminServer(workers=1)
    pid = s.await_admin()
    os.kill(pid, signal.SIGSTOP)
    assert s.stop() == 0
    assert gone(pid)
    assert "admin pid %d does not leave" % pid in s.drain_log()


def with_the_master():
    "killed, it takes the process along"
    is_built()
    s = AdminServer(workers=1)
    pid = s.await_admin()
    workers = list(s.workers().values())
    os.kill(s.pid, signal.SIGKILL)
    until(lambda: gone(pid), "it ends")
    until(lambda: all(gone(p) for p in workers), "so do the workers")
    s.wait()


def every_worker_is_busy_or_dead():
    is_built()
    s = AdminServer(workers=2, module=TESTBED)
    s.await_admin()
    held = [held_call(s) for _ in range(2)]
    begun = time.monotonic()
    assert get(s.admin, "/healthz").status == 200
    m = metrics(get(s.admin, "/metrics").text)
    assert time.monotonic() - begun < DEADLINE / 2
    assert total(m, "thriftfork_calls_in_flight") == 2
    assert s.ready() == 200
    for peer, writer in held:
        writer.close()
        peer.reply()
    for number in signal.SIGSTOP, signal.SIGCONT:
        for p in s.workers().values():
            os.kill(p, number)
        for path in "/healthz", "/readyz", "/metrics", "/history.json", "/":
            assert get(s.admin, path).status == 200, (number, path)
    # They die as soon as they serve, and wait for longer and longer.
    def none_serves():
        for p in s.workers().values():
            os.kill(p, signal.SIGKILL)
        return s.ready() == 503
    until(none_serves, "no worker serves")
    assert get(s.admin, "/healthz").status == 200
    assert get(s.admin, "/metrics").status == 200
    assert s.stop() == 0


def an_address_that_changes():
    "with an upgrade, not with a reload; and one in use leaves all as it was"
    is_built()
    s = AdminBed(admin=(), conf="admin %s\n" % TCP)
    pid = s.await_admin()
    taken = socket.create_server(("127.0.0.1", 0))
    for conf in "admin 127.0.0.1:%d\n" % taken.getsockname()[1], "":
        s.conf(conf)
        s.fails("admin: cannot be changed by a reload", "reload")
        if conf:
            s.refused("in use")
        assert s.ready() == 200 and s.admin_pid() == pid
    old = s.pid
    s.upgrade()
    until(lambda: gone(old), "the old master leaves")
    try:
        assert not get(s.admin, "/healthz"), "somebody answers"
    except ConnectionRefusedError:
        pass
    assert s.admin_pid() is None
    taken.close()
    s.end()


class Flood:
    """Connections that say something and stay until there are many."""

    def __init__(self, address, say):
        self.address, self.say = address, say
        self.n, self.kept, self.stopped = 0, [], False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped:
            self.kept.append(dial(self.address))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.kept[-1].sendall(self.say)
            if len(self.kept) > 100:
                self.kept.pop(0).close()
            self.n += 1

    def end(self):
        self.stopped = True
        self.thread.join(DEADLINE)
        for c in self.kept:
            c.close()


def a_flood():
    "of strangers at both addresses, and an upgrade: no scrape is lost"
    is_built()
    s = AdminServer("-o", "admin-agent=" + TCP, workers=1)
    before = s.await_admin()
    scraper = Scraper(s)
    floods = [Flood(s.admin, b"GET /heal"),
              Flood("127.0.0.1:%d" % s.find_agent(), b"x" * 1000)]
    for enough in 300, 600:
        until(lambda: all(f.n > enough for f in floods), "a flood")
        if enough == 300:
            s.upgrade()
            before = s.await_admin(before)
    scraper.end()
    for f in floods:
        f.end()
    until(lambda: len(descriptors(before)) < 20, "they are forgotten")
    assert s.admin_pid() == before
    s.end()


main([it_comes_again, it_hangs, with_the_master, every_worker_is_busy_or_dead,
      an_address_that_changes, a_flood])
