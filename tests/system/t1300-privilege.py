#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a worker gives up, and what it is given: users and groups,
descriptors, signals, environment."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import (CALC, TESTBED, Daemon, descriptors, launcher, proc, read,
                    refused, written)
from harness import Server, Skip, built, gone, main, tempdir, until
from tls import Authority, TlsPeer, settings

RUN = [built("thriftfork"), "run"]
NOBODY = pwd.getpwnam("nobody")


def root():
    if os.geteuid() != 0:
        raise Skip("needs root")


def ids(pid):
    s = proc(pid, "status")
    return s["Uid"].split(), s["Gid"].split(), sorted(s["Groups"].split())


def groups_of(user, gid):
    return sorted(str(g) for g in os.getgrouplist(user, gid))


def user_and_its_groups():
    root()
    s = Server(RUN + ["-o", "user=nobody", TESTBED], workers=2)
    master = ids(s.pid)
    for pid in s.workers().values():
        assert ids(pid) == ([str(NOBODY.pw_uid)] * 4,
                            [str(NOBODY.pw_gid)] * 4,
                            groups_of("nobody", NOBODY.pw_gid)), ids(pid)
        status = proc(pid, "status")
        for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            assert int(status[capabilities], 16) == 0, status
        assert status["NoNewPrivs"] == "1"
    assert ids(s.pid) == master and master[0] == ["0"] * 4
    assert s.stop() == 0


def user_and_group():
    root()
    s = Server(RUN + ["-o", "user=%d" % NOBODY.pw_uid, "-o", "group=daemon",
                      TESTBED], workers=1)
    pid, = s.workers().values()
    assert ids(pid) == ([str(NOBODY.pw_uid)] * 4, ["1"] * 4,
                        groups_of("nobody", 1)), ids(pid)
    assert s.stop() == 0


def group_alone():
    root()
    s = Server(RUN + ["-o", "group=1", TESTBED], workers=1)
    pid, = s.workers().values()
    assert ids(pid) == (["0"] * 4, ["1"] * 4, ["1"]), ids(pid)
    assert s.stop() == 0


def preflight_has_given_up_as_much():
    """and has been promised anew that its master's death will be told"""
    root()
    refused(1, "setup as uid %d gid %d, death signal %d" %
            (NOBODY.pw_uid, NOBODY.pw_gid, signal.SIGKILL), "run", "-t", "-o",
            "user=nobody", TESTBED, "refuse-setup")


def worker_dies_with_its_master():
    root()
    s = Daemon("-o", "user=nobody", workers=2)
    workers = s.workers(2)
    os.kill(s.pid, signal.SIGKILL)
    until(lambda: all(gone(p) for p in workers), "workers leave")


def calls_and_respawns_work():
    root()
    s = Daemon("-o", "user=nobody", "-o", "umask=077")
    pid, = s.workers()
    assert b"hello" in s.call("echo", b"\x18\x05hello\0")
    os.kill(pid, signal.SIGKILL)
    s.await_log(r"(?s)died of signal 9.*serves")
    assert b"hello" in s.call("echo", b"\x18\x05hello\0")
    s.stop()


def core_dumps_when_asked_for():
    root()
    # A process that has changed its user is not dumpable, /proc says.
    for more, owner in ([], 0), (["-o", "core-limit=1M"], NOBODY.pw_uid):
        s = Server(RUN + ["-o", "user=nobody", *more, TESTBED], workers=1)
        pid, = s.workers().values()
        assert os.stat("/proc/%d/status" % pid).st_uid == owner, more
        assert s.stop() == 0


def place_of_nobody():
    """With a launcher and a module that an ordinary user can read; and how to
    start that as one."""
    root()
    d, runtime = tempdir(), tempdir()
    os.chmod(d, 0o755)
    os.chown(runtime, NOBODY.pw_uid, NOBODY.pw_gid)
    for name in ("thriftfork", "libthriftfork.so.0", "testbed.so"):
        shutil.copy(built(".libs/" + name), d)
    return d, {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid,
               "extra_groups": [], "cwd": "/",
               "env": {**os.environ, "LD_LIBRARY_PATH": d,
                       "XDG_RUNTIME_DIR": runtime}}


def as_nobody(*args):
    d, how = place_of_nobody()
    return subprocess.run(
        [d + "/thriftfork", "run", "-t", *args, d + "/testbed.so"],
        capture_output=True, text=True, timeout=30, **how)


class Ordinary(Server):
    """A server whose master is nobody."""

    def __init__(self, conf):
        self.dir, self.how = place_of_nobody()
        super().__init__([self.dir + "/thriftfork", "run", "-c", conf,
                          self.dir + "/testbed.so"], workers=1)

    def launch(self, args, stderr):
        return subprocess.Popen(args, stderr=stderr, **self.how,
                                stdin=subprocess.DEVNULL)


def a_refused_reload_takes_nothing():
    """from a server that has reloaded before: workers to come have all it had"""
    root()
    ca = Authority()
    os.chmod(ca.dir, 0o755)
    own = ca.issue("mine")
    os.chown(own[1], NOBODY.pw_uid, NOBODY.pw_gid)
    os.chmod(own[0], 0o644)
    text = settings(ca, own=own)
    conf = written(ca.dir, "conf", text)
    os.chmod(conf, 0o644)
    s = Ordinary(conf)
    s.signal(signal.SIGHUP)
    s.await_log("generation 2 serves")
    written(ca.dir, "conf", text + "user root\n")
    for _ in range(2):
        s.signal(signal.SIGHUP)
        s.await_log("user: only root can become 'root'")
    pid = TlsPeer(s, ca.context()).pid()
    os.kill(pid, signal.SIGKILL)
    s.await_log(r"worker 0 pid \d+ serves")
    assert TlsPeer(s, ca.context()).pid() != pid
    written(ca.dir, "conf", text)
    s.signal(signal.SIGHUP)
    s.await_log("generation 3 serves")
    assert TlsPeer(s, ca.context()).pid() != pid
    assert s.stop() == 0


def ordinary_users_stay_what_they_are():
    for args, words in [
        (["-o", "user=root"], "user: only root can become 'root'"),
        (["-o", "user=daemon"], "user: only root can become 'daemon'"),
        (["-o", "group=daemon"], "group: only root can change to 'daemon'"),
    ]:
        done = as_nobody(*args)
        assert done.returncode == 1 and words in done.stderr, done
    done = as_nobody("-o", "user=nobody", "-o", "group=nogroup")
    assert done.returncode == 0, done
    hard = 1000000000
    done = as_nobody("-o", "rlimit-nofile=%d" % hard)
    assert done.returncode == 1, done
    assert "rlimit-nofile: Operation not permitted" in done.stderr, done


def unknown_users():
    for option, words in [
        ("user=no-such-user", "user: there is no user 'no-such-user'"),
        ("user=4294967000", "user: there is no user '4294967000'"),
        ("group=no-such-group", "group: there is no group 'no-such-group'"),
    ]:
        refused(2, words, "run", "-l", ":0", "-o", option, CALC)


def listening_inodes(port):
    """inodes of the sockets that listen on a loopback port"""
    want = "0100007F:%04X" % port
    rows = [line.split() for line in read("/proc/net/tcp").splitlines()[1:]]
    return {r[9] for r in rows if r[1] == want and r[3] == "0A"}


def descriptors_of_a_worker():
    stray = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(stray, True)
    log = os.path.join(tempdir(), "log")
    s = subprocess.Popen(RUN + ["-n", "test-fds-%d" % os.getpid(), "-w", "3",
                                "-l", "127.0.0.1:0", "-o", "log=" + log,
                                TESTBED], stdin=subprocess.DEVNULL,
                         pass_fds=[stray])
    try:
        until(lambda: os.path.exists(log) and
              read(log).count(" serves") == 3, "workers serve")
        check_descriptors(s.pid, log)
    finally:
        s.send_signal(signal.SIGTERM)
        assert s.wait(30) == 0
        os.close(stray)


def check_descriptors(master, log):
    pids = [int(p) for p in re.findall(r"pid (\d+) serves", read(log))]
    port = int(re.search(r"127\.0\.0\.1:(\d+)", read(log)).group(1))
    listening = listening_inodes(port)
    assert len(listening) == 3, listening
    held = set()
    for pid in pids:
        fds = descriptors(pid)
        assert fds[0] == "/dev/null", fds
        assert {n: fds[n] for n in (1, 2)} == \
            {n: descriptors(os.getpid())[n] for n in (1, 2)}, fds
        kinds = sorted(re.sub(r":.*| .*", "", f) if n > 2 else "stdio"
                       for n, f in fds.items())
        # One that is kept for the moment when no other is free.
        kinds.remove("/dev/null")
        # One event loop; eventfds for what threads post to it, for signals
        # and to stop the server; the segment, read-only; a listener and the
        # channel; the log.
        assert kinds == sorted(["stdio"] * 3 + [
            log, "/memfd", *["anon_inode"] * 4, "socket", "socket"]), fds
        assert sorted(f for f in fds.values() if "anon_inode" in f) == [
            *["anon_inode:[eventfd]"] * 3, "anon_inode:[eventpoll]"], fds
        memory, = [n for n, f in fds.items() if "memfd" in f]
        info = proc(pid, "fdinfo/%d" % memory)
        assert int(info["flags"], 8) & os.O_ACCMODE == os.O_RDONLY, info
        mine = {f[8:-1] for f in fds.values() if f.startswith("socket")}
        assert len(mine & listening) == 1, (mine, listening)
        held |= mine & listening
        # Nothing leaks into what a handler executes.
        for n in fds:
            if n > 2:
                flags = int(proc(pid, "fdinfo/%d" % n)["flags"], 8)
                assert flags & os.O_CLOEXEC, (n, fds[n])
    assert held == listening


def signals_and_environment():
    def dirty():
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        for sig in (signal.SIGCHLD, signal.SIGHUP, signal.SIGALRM):
            signal.signal(sig, signal.SIG_IGN)

    env = dict(os.environ, TEST_OF_THE_ENVIRONMENT="a b=c")
    s = Daemon(preexec_fn=dirty, env=env)
    pid, = s.workers()
    status = proc(pid, "status")
    assert int(status["SigBlk"], 16) == 0, status
    # 32 and 33 belong to the C library, which lets nobody touch them.
    assert int(status["SigIgn"], 16) & ~(3 << 31) == 0, status
    caught = {i + 1 for i in range(64)
              if int(status["SigCgt"], 16) >> i & 1} - {32, 33}
    ours = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
            signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGTTIN,
            signal.SIGTTOU, signal.SIGPIPE}
    # A sanitizer adds its own for crashes.
    assert ours <= caught <= ours | {4, 6, 7, 8, 11}, caught
    assert "TEST_OF_THE_ENVIRONMENT=a b=c" in \
        read("/proc/%d/environ" % pid).split("\0")
    assert read("/proc/%d/environ" % pid) == \
        read("/proc/%d/environ" % s.pid)
    s.stop()


def closed_standard_descriptors():
    done = subprocess.run(["sh", "-c", 'exec "$0" run -t "$1" <&- 2>&-',
                           built("thriftfork"), CALC], timeout=30,
                          capture_output=True)
    assert done.returncode == 0 and b"Calculator.ping" in done.stdout, done
    assert launcher("run", "-t", CALC).stdout == done.stdout.decode()


main([user_and_its_groups, user_and_group, group_alone,
      preflight_has_given_up_as_much, worker_dies_with_its_master,
      calls_and_respawns_work, core_dumps_when_asked_for,
      ordinary_users_stay_what_they_are,
      a_refused_reload_takes_nothing, unknown_users,
      descriptors_of_a_worker, signals_and_environment,
      closed_standard_descriptors])
