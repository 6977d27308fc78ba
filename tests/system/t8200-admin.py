#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The role admin: the process that a master keeps beside its workers, what it
is given, and that no scrape is lost, whatever becomes of them and of it."""

import os
import pwd
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from admin import (RUN, TCP, AdminBed, AdminServer, dial, get, is_built,
                   metrics, total)
from bed import held_call, under_load
from daemon import (CALC, TESTBED, children, descriptors, launcher, proc,
                    refused, written)
from harness import DEADLINE, Server, gone, main, read_all, tempdir, until

class Scraper:
    """Somebody who asks all the time, each time anew, and counts."""

    def __init__(self, server):
        self.address = server.admin
        self.answers, self.failures, self.fallen = 0, [], []
        self.last, self.stopped = {}, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        until(lambda: self.answers > 0, "a first answer")

    def scrape(self):
        got = get(self.address, "/metrics")
        if got.status != 200:
            self.failures.append((got.status, got.text))
            return
        sums = {}
        for (name, labels), value in metrics(got.text).items():
            if name.endswith(("_total", "_bucket", "_count")):
                sums[(name, labels)] = value
        self.fallen += [(k, self.last[k], sums.get(k)) for k in self.last
                        if sums.get(k, 0) < self.last[k]]
        self.last = sums

    def run(self):
        while not self.stopped:
            try:
                self.scrape()
            except Exception as e:
                self.failures.append(repr(e))
            self.answers += 1

    def end(self, least=3):
        self.stopped = True
        self.thread.join(DEADLINE)
        assert not self.failures, self.failures[:3]
        assert not self.fallen, self.fallen[:3]
        assert self.answers >= least, self.answers


def what_it_is_given():
    "standard error, its sockets and the counters, for reading; no privilege"
    is_built()
    path = "unix:" + os.path.join(tempdir(), "admin")
    root = os.geteuid() == 0
    if root:
        os.chmod(os.path.dirname(path[5:]), 0o755)
    s = AdminServer(*(["-o", "user=nobody"] if root else []),
                    admin=(TCP, path))
    pid = s.await_admin()
    assert len(s.address_of) == 2 and s.address_of[1] == path
    assert get(path, "/readyz").text == "2 of 2 workers serve\n"
    given = descriptors(pid)
    assert given[0] == given[1] == "/dev/null", given
    assert given[2] == descriptors(s.pid)[2]
    assert given[3].startswith("/memfd:thriftfork:"), given
    flags = proc(pid, "fdinfo/3")["flags"]
    assert int(flags, 8) & 3 == os.O_RDONLY, flags
    assert given[4].startswith("socket:") and given[5].startswith("socket:")
    until(lambda: all(v.startswith("anon_inode:") for k, v in
                      descriptors(pid).items() if k > 5), "that is all")
    # None of the others has its sockets, but the master, who keeps them.
    for p in children(s.pid):
        if p != pid:
            has = set(descriptors(p).values())
            assert not has & {given[4], given[5]}, (p, has)
    assert {given[4], given[5]} <= set(descriptors(s.pid).values())
    status = proc(pid, "status")
    assert status["NoNewPrivs"] == "1"
    if root:
        nobody = str(pwd.getpwnam("nobody").pw_uid)
        assert status["Uid"].split() == [nobody] * 4
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert s.stop() == 0
    assert not os.path.exists(path[5:]), "the socket's file"
    assert gone(pid)


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
    # They die as soon as they serve, and wait for longer and longer.
    def none_serves():
        for p in s.workers().values():
            os.kill(p, signal.SIGKILL)
        return s.ready() == 503
    until(none_serves, "no worker serves")
    assert get(s.admin, "/healthz").status == 200
    assert get(s.admin, "/metrics").status == 200
    assert s.stop() == 0


def first_and_last():
    "it answers before a worker serves, and until the last has left"
    is_built()
    s = AdminServer(workers=1, module=TESTBED)
    assert s.log.index("admin pid") < s.log.index("worker 0 pid")
    pid = s.await_admin()
    peer, writer = held_call(s)
    s.signal(signal.SIGTERM)
    until(lambda: s.ready() == 503, "it is not ready any more")
    assert get(s.admin, "/readyz").text == "the server stops\n"
    assert get(s.admin, "/healthz").status == 200 and not gone(pid)
    writer.close()
    assert peer.reply() is not None
    assert s.wait() == 0
    assert gone(pid)


def a_delay_is_told():
    "drain-delay: workers serve, and who balances load hears that they stop"
    is_built()
    s = AdminServer("-o", "drain-delay=1h", workers=1)
    s.await_admin()
    s.signal(signal.SIGTERM)
    until(lambda: s.ready() == 503, "it is not ready any more")
    assert get(s.admin, "/readyz").text == "the server stops\n"
    m = metrics(get(s.admin, "/metrics").text)
    assert total(m, "thriftfork_stopping") == 1
    assert total(m, "thriftfork_worker_ready") == 1
    s.signal(signal.SIGTERM)
    assert s.wait() == 0


def through_reloads():
    "the same process answers, and no scrape is lost; no sum falls"
    is_built()
    s = AdminBed()
    pid = s.await_admin()
    scraper = Scraper(s)
    with under_load(s):
        for _ in range(3):
            s.succeeds("reload")
        s.succeeds("scale", "3")
        s.conf("nonsense 1\n")
        s.fails("nonsense", "reload")
        s.conf("admin :1\n")            # the command line's stands
        s.succeeds("reload")
    scraper.end()
    assert s.admin_pid() == pid
    got = get(s.admin, "/metrics").text
    assert total(metrics(got), "thriftfork_generation") == 5
    assert s.stop() == 0


def through_upgrades():
    "the next master's answers at the same address, and no scrape is lost"
    is_built()
    path = "unix:" + os.path.join(tempdir(), "admin")
    s = AdminServer(admin=(TCP, path))
    before = s.await_admin()
    scraper = Scraper(s)
    for _ in range(3):
        old = s.pid
        s.upgrade()
        until(lambda: gone(old), "the old master leaves")
        assert s.admin_pid() != before
        before = s.await_admin(before)
        assert get(path, "/readyz").status == 200
    scraper.end()
    assert s.master() == s.pid
    s.end()
    assert not os.path.exists(path[5:]), "the socket's file"


def an_upgrade_that_fails():
    "leaves the old one as it was"
    is_built()
    s = AdminServer(workers=1)
    pid = s.await_admin()
    scraper = Scraper(s)
    command, new = s.upgrade_unfinished()
    os.kill(new, signal.SIGKILL)
    until(lambda: gone(new), "the new master has gone")
    s.signal(signal.SIGCONT)
    assert command.wait(DEADLINE) == 1
    command.stderr.close()
    scraper.end()
    assert s.admin_pid() == pid
    s.end()


def line(address, say=b""):
    """All that an agent says, to somebody who may say something himself."""
    with dial(address) as c:
        c.sendall(say)
        return read_all(c)


def an_agent():
    "says what is free, that nobody serves, and that the server stops"
    is_built()
    path = "unix:" + os.path.join(tempdir(), "agent")
    s = AdminServer("-o", "admin-agent=" + path, "-o", "drain-delay=1h",
                    module=TESTBED, workers=2)
    before = s.await_admin()
    until(lambda: line(path) == b"up ready 100%\n", "all is free")
    assert line(path, b"x" * 100000) == b"up ready 100%\n"
    assert line(path, b"GET / HTTP/1.0\r\n\r\n") == b"up ready 100%\n"
    held = held_call(s)
    until(lambda: line(path) == b"up ready 50%\n", "a half of it is free")
    held[1].close()
    assert held[0].reply() is not None
    until(lambda: line(path) == b"up ready 100%\n", "all is free again")
    s.upgrade()
    s.await_admin(before)
    until(lambda: line(path) == b"up ready 100%\n", "the next one's")
    # Who stays is sent away, and the others are answered.
    silent = [dial(path) for _ in range(200)]
    assert line(path).startswith(b"up ready ")
    assert all(read_all(c).startswith(b"up ready ") for c in silent)
    until(lambda: len(descriptors(s.admin_pid())) < 40, "they are forgotten")
    for c in silent:
        c.close()
    s.signal(signal.SIGTERM)
    until(lambda: line(path) == b"drain\n", "it stops")
    assert s.ready() == 503
    s.signal(signal.SIGTERM)
    until(lambda: gone(s.pid), "the last master leaves")
    assert s.wait() == 0
    assert not os.path.exists(path[5:]), "the socket's file"


def an_agent_alone():
    "without HTTP"
    is_built()
    path = "unix:" + os.path.join(tempdir(), "agent")
    s = Server(RUN + ["-o", "admin-agent=" + path, CALC], workers=1)
    until(lambda: line(path) == b"up ready 100%\n", "all is free")
    assert s.stop() == 0


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


def what_is_refused():
    is_built()
    log = ("-n", "test-refused-%d" % os.getpid())
    refused(2, "127.0.0.1:1 is given twice", "run", "-o", "admin=:1", "-o",
            "admin=tcp://127.0.0.1:1", CALC)
    refused(2, "needs a master", "run", *log, "-w", "0", "-o", "admin=:1",
            "-l", TCP, CALC)
    s = AdminServer(workers=1)
    refused(1, "in use", "run", *log, "-o", "admin=" + s.admin, "-l", TCP,
            CALC)
    refused(1, "in use", "run", *log, "-l", s.admin, CALC)
    done = launcher("run", "-t", "-o", "admin=:1", "-l", TCP, CALC)
    assert done.returncode == 0, done
    conf = written(tempdir(), "conf", "admin %s\nadmin unix:/x/y\n" % TCP)
    refused(1, "/x/y", "run", *log, "-c", conf, "-l", TCP, CALC)
    assert s.stop() == 0


main([what_it_is_given, it_comes_again, every_worker_is_busy_or_dead,
      first_and_last, a_delay_is_told, through_reloads, through_upgrades,
      an_upgrade_that_fails, an_agent, an_agent_alone, with_the_master,
      what_is_refused])
