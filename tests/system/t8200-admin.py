#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The role admin: the process that a master keeps beside its workers, what it
is given, and that no scrape is lost when they change."""

import os
import pwd
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from admin import (RUN, TCP, AdminBed, AdminServer, Scraper, dial, get,
                   is_built, metrics, total)
from bed import held_call, under_load
from daemon import (CALC, TESTBED, children, descriptors, launcher, proc,
                    refused, written)
from harness import DEADLINE, Server, gone, main, read_all, tempdir, until


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


main([what_it_is_given, first_and_last, a_delay_is_told, through_reloads,
      through_upgrades, an_upgrade_that_fails, an_agent, an_agent_alone,
      what_is_refused])
