#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Another binary takes over: with sockets, names, counters and connections;
and if it fails the old one goes on."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, fifo, held_call, text
from daemon import TESTBED, descriptors, launcher, read, written
from harness import DEADLINE, Load, built, gone, main, tempdir, until
from upgraded import Upgraded

MODULE = built(".libs/calc.so")
RUN = [built("thriftfork"), "run"]
CALC = RUN + [MODULE]
PING = b"\0\0\0\x09\x82\x21\x01\x04ping\0"


def ping(c):
    c.sendall(PING)
    reply = c.recv(100)
    assert b"ping" in reply, reply


def upgrades(s):
    """How many have been done, and how many have failed."""
    has = s.status()["master"]["counters"]
    return has["upgrades"], has["upgrades_failed"]


def no_connection_and_no_call_is_lost():
    """and the counters go on"""
    s = Upgraded(CALC, workers=3)
    load = Load(s.address, "-c", 16, "-d", 4, "-n", 400000)
    load.ready()
    pids = [s.upgrade() for _ in range(3)]
    assert len(set(pids)) == 3, pids
    r = load.report()
    assert r["ok"] and r["right"] == r["sent"] == 400000, r
    assert r["opened"] == 16, r
    counters = s.status()["counters"]
    calls = r["sent"] + r["oneways"]
    assert counters["calls_begun"] == counters["calls_ended"] == calls, \
        (counters, r)
    assert counters["connections_lost"] == 0, counters
    assert upgrades(s) == (3, 0), upgrades(s)
    s.end()


def names_are_the_new_ones():
    """pidfile, lock, control socket, and the address"""
    pidfile = os.path.join(tempdir(), "pid")
    s = Upgraded(CALC, "-o", "pidfile=" + pidfile, workers=2)
    old = s.pid
    pid = s.upgrade()
    assert read(pidfile) == "%d\n" % pid
    until(lambda: gone(old), "the old master leaves")
    assert read(pidfile) == "%d\n" % pid, "the old one has removed it"
    done = launcher("run", "-n", s.name, "-l", "127.0.0.1:0", MODULE)
    assert done.returncode == 1 and "as pid %d" % pid in done.stderr, done
    done = launcher("run", "-n", s.name + "x", "-l", s.address, MODULE)
    assert done.returncode == 1 and "in use" in done.stderr, done
    assert launcher("reload", "-n", s.name).returncode == 0
    assert launcher("scale", "-n", s.name, "3").returncode == 0
    s.end()
    assert not os.path.exists(pidfile)


def pidfile_that_moves():
    """to where the new settings want it"""
    conf = os.path.join(tempdir(), "conf")
    first, second = (os.path.join(tempdir(), "pid") for _ in range(2))
    with open(conf, "w") as f:
        f.write("pidfile %s\n" % first)
    s = Upgraded(CALC, "-c", conf, workers=1)
    old = s.pid
    with open(conf, "w") as f:
        f.write("pidfile %s\n" % second)
    assert read(first) == "%d\n" % old
    pid = s.upgrade()
    until(lambda: gone(old), "the old master leaves")
    assert read(second) == "%d\n" % pid
    assert not os.path.exists(first)
    s.end()
    assert not os.path.exists(second)


def idle_and_half_sent():
    """over a unix socket and over TCP"""
    path = os.path.join(tempdir(), "calc")
    for listen in ("unix:" + path, "127.0.0.1:0"):
        s = Upgraded(CALC, workers=2, listen=listen)
        to = path if listen.startswith("unix:") else ("127.0.0.1", s.port)
        family = socket.AF_UNIX if to == path else socket.AF_INET
        idle, half = (socket.socket(family) for _ in range(2))
        for c in (idle, half):
            c.settimeout(DEADLINE)
            c.connect(to)
            ping(c)
        half.sendall(PING[:7])
        until(lambda: s.status()["counters"]["bytes_received"] ==
              2 * len(PING) + 7, "half a frame has arrived")
        old = s.pid
        s.upgrade()
        until(lambda: gone(old), "the old master leaves")
        half.sendall(PING[7:])
        assert b"ping" in half.recv(100)
        ping(idle)
        with socket.socket(family) as new:
            new.settimeout(DEADLINE)
            new.connect(to)
            ping(new)
        s.end()
        assert not os.path.exists(path)


def held_by_workers(s):
    """Kinds of descriptors, the same for each worker."""
    kinds = [sorted(re.sub(r":\[\d+\]$", "", what)
                    for what in descriptors(pid).values())
             for pid in s.workers().values()]
    assert kinds and all(k == kinds[0] for k in kinds), kinds
    return kinds[0]


def workers_have_what_is_theirs():
    """and nothing of what the old master left to the new one"""
    s = Upgraded(CALC, workers=2)
    first = held_by_workers(s)
    s.upgrade()
    until(lambda: s.masters() == [s.pid], "the old master leaves")
    assert held_by_workers(s) == first, (first, held_by_workers(s))
    s.end()


def number_of_workers_stands():
    """as it was scaled to"""
    s = Upgraded(CALC, workers=1)
    assert launcher("scale", "-n", s.name, "3").returncode == 0
    for _ in range(2):
        s.upgrade()
        assert len(s.workers()) == 3, s.status()
    s.end()


def new_number_of_workers():
    """in the configuration: that is what counts"""
    conf = written(tempdir(), "conf", "workers 1\n")
    s = Upgraded(RUN + ["-c", conf, MODULE], workers=None)
    assert launcher("scale", "-n", s.name, "3").returncode == 0
    written(os.path.dirname(conf), "conf", "workers 2\n")
    s.upgrade()
    assert len(s.workers()) == 2, s.status()
    s.end()


def queue_of_a_worker_that_is_no_more():
    """the new master has fewer: its workers serve who waits there"""
    conf = written(tempdir(), "conf", "workers 2\nrescue-after 60s\n"
                   "drain-timeout 500ms\nstop-timeout 500ms\n")
    s = Upgraded(RUN + ["-c", conf, MODULE], workers=None)
    until(lambda: len(s.workers()) == 2, "both serve")
    os.kill(s.workers()[1], signal.SIGSTOP)
    waiting = [socket.create_connection(("127.0.0.1", s.port), DEADLINE)
               for _ in range(16)]
    for c in waiting:
        c.sendall(PING)
    written(os.path.dirname(conf), "conf", "workers 1\n")
    s.upgrade()
    for c in waiting:
        assert b"ping" in c.recv(100)
        c.close()
    s.end()


def by_signal():
    s = Upgraded(CALC, workers=1)
    s.signal(signal.SIGUSR2)
    s.await_log("this is the master now")
    assert s.master() != s.pid
    s.end()


def launcher_copy():
    """The binary itself, where it can be replaced."""
    path = os.path.join(tempdir(), "thriftfork")
    real = built(".libs/thriftfork")
    shutil.copy(real if os.path.exists(real) else built("thriftfork"), path)
    return path


def replace(path, text):
    new = path + ".new"
    with open(new, "w") as f:
        f.write(text)
    os.chmod(new, 0o755)
    os.rename(new, path)


def new_binary_that_fails():
    os.environ["LD_LIBRARY_PATH"] = built(".libs")
    program = launcher_copy()
    s = Upgraded([program, "run", MODULE], workers=2)
    with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
        ping(c)
        good = program + ".good"
        shutil.copy(program, good)
        replace(program, "#!/bin/sh\nexit 7\n")
        s.refused("the new master exited with 7 before it served")
        replace(program, "#!/bin/sh\nkill -9 $$\n")
        s.refused("the new master died of signal 9 (Killed) before it")
        os.unlink(program)
        s.refused("the new master exited with 127 before it served: %s: No "
                  "such file or directory" % program)
        ping(c)
        os.rename(good, program)
        s.upgrade()
        ping(c)
    assert upgrades(s) == (1, 3), upgrades(s)
    s.end()


def module_that_fails():
    module = os.path.join(tempdir(), "bed.so")
    shutil.copy(TESTBED, module)
    s = Upgraded(RUN + [module], workers=2)
    os.rename(module, module + ".away")
    s.refused("the new master exited with 1 before it served: " + module +
              ": No such file")
    os.rename(module + ".away", module)
    s.upgrade()
    s.end()


class NamedByFile(Upgraded):
    """Its name and the number of its workers stand in its configuration."""

    def launch(self, args, stderr):
        at = args.index("-n")
        with open(args[args.index("-c") + 1], "w") as f:
            f.write("workers 1\nname %s\n" % self.name)
        return super().launch(args[:at] + args[at + 2:], stderr)


def settings_that_fail():
    """before and after the new master knows that it has one before it"""
    conf = os.path.join(tempdir(), "conf")
    s = NamedByFile(CALC, "-c", conf, workers=None)
    with open(conf, "w") as f:
        f.write("max-depht 32\n")
    s.refused("exited with 2 before it served: %s:1: " % conf)
    with open(conf, "w") as f:
        f.write("user nobody-of-that-name\n")
    s.refused("exited with 2 before it served: ")
    with open(conf, "w") as f:
        f.write("max-workers 3\nname %s\n" % s.name)
    s.refused("exited with 1 before it served: max-workers: cannot be "
              "changed by an upgrade")
    with open(conf, "w") as f:
        f.write("workers 0\nname %s\n" % s.name)
    s.refused("exited with 1 before it served: workers: an upgrade cannot do "
              "without")
    with open(conf, "w") as f:
        f.write("workers 1\nname %s-again\n" % s.name)
    s.refused("exited with 1 before it served: name: cannot be changed by an "
              "upgrade")
    with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
        ping(c)
    with open(conf, "w") as f:
        f.write("workers 1\nname %s\n" % s.name)
    s.upgrade()
    s.end()


def another(s, pids):
    """A peer of a worker that is none of them."""
    while True:
        peer = Peer(s)
        if peer.pid() not in pids:
            return peer
        peer.close()


def by_them(s, pids):
    peer = Peer(s)
    pid = peer.pid()
    peer.close()
    assert pid is not None, "a connection is lost"
    return pid in pids


def one_of_three_fails(s):
    """A new master of three workers of which two serve beside the old one's.
    What they have is answered or goes back, and everybody else is served by
    the old ones soon, wherever the new ones have listened."""
    release = s.mood_path + ".fifo"
    os.mkfifo(release)
    old = set(s.workers().values())
    s.mood("refuse-first")
    command = subprocess.Popen(
        [built("thriftfork"), "upgrade", "-n", s.name],
        stderr=subprocess.PIPE, text=True)
    s.await_log("upgrade: pid .* executes")
    for _ in range(2):
        s.await_log(r"worker \d pid \d+ serves")
    busy = another(s, old)
    idle = another(s, old | {busy.pid()})
    path = fifo()
    busy.send("hold", text(path))
    with open(path, "wb", buffering=0) as end:
        with open(release, "wb"):
            pass
        s.await_log("upgrade: the new master gives up: worker")
        until(lambda: idle.pid() in old, "it is served by an old one")
        until(lambda: all(by_them(s, old) for _ in range(40)),
              "the new workers accept nothing")
        assert command.poll() is None
        end.write(b"held")
    assert b"held" in busy.reply()
    assert re.search(r"before it served: worker \d pid \d+ .*exited with 1",
                     command.communicate(timeout=DEADLINE)[1])
    assert s.status()["counters"]["connections_lost"] == 0
    s.mood("good")


def workers_that_fail():
    """new connections are everybody's again, not only one worker's"""
    s = Bed(workers=3)
    one_of_three_fails(s)
    seen = set()
    for _ in range(200):
        peer = Peer(s)
        seen.add(peer.pid())
        peer.close()
        if len(seen) == 3:
            break
    assert len(seen) == 3, seen
    assert s.stop() == 0


def more_workers_that_fail():
    """where they listened somebody else accepts, and they can be had later"""
    s = Bed(workers=None, conf="workers 1\n")
    s.conf("workers 3\n")
    one_of_three_fails(s)
    s.succeeds("scale", "3")
    until(lambda: len(s.workers()) == 3, "they serve")
    assert len({Peer(s).pid() for _ in range(60)}) == 3
    assert s.stop() == 0


def a_stop_ends_it():
    """at once, though the server goes on for drain-delay"""
    s = Bed(workers=1, conf="drain-delay 1h\n")
    s.mood("hang-in-start")
    command = subprocess.Popen(
        [built("thriftfork"), "upgrade", "-n", s.name],
        stderr=subprocess.PIPE, text=True)
    s.await_log("upgrade: pid .* executes")
    s.signal(signal.SIGTERM)
    assert "the server stops" in command.communicate(timeout=DEADLINE)[1]
    assert Peer(s).pid()
    s.signal(signal.SIGTERM)
    assert s.wait() == 0


def late():
    """a new master that says nothing"""
    program = launcher_copy()
    s = Upgraded([program, "run", MODULE], "-o", "upgrade-timeout=100ms",
                 workers=1)
    os.rename(program, program + ".good")
    replace(program, "#!/bin/sh\nexec sleep 1000\n")
    s.refused("the new master died of signal 9 (Killed): it did not serve "
              "within upgrade-timeout")
    s.end()


def old_master_dies_before_it_says_so():
    """the new one serves: it takes the names and goes on counting"""
    s = Upgraded(CALC, workers=2)
    with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
        ping(c)
    old = s.pid
    command, new = s.upgrade_unfinished()
    os.kill(old, signal.SIGKILL)
    s.await_log("the old master is gone before it could say so")
    s.await_log("this is the master now")
    assert command.wait(DEADLINE) == 1
    command.communicate()
    s.wait()
    assert s.master() == new
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
            ping(c)
    assert s.status()["counters"]["calls_ended"] == 21, s.status()
    assert launcher("stop", "-n", s.name).returncode == 0
    until(lambda: gone(new), "the new master ends")


def a_worker_dies_before_the_names_are_its():
    """which is replaced, as the old master has been told that all serve"""
    s = Upgraded(CALC, workers=2)
    old = s.pid
    command, new = s.upgrade_unfinished()
    pid = re.findall(r"worker \d pid (\d+) serves", s.log)[-1]
    os.kill(int(pid), signal.SIGKILL)
    s.await_log(r"worker \d pid \d+ .* died of signal 9")
    s.await_log(r"worker \d pid \d+ serves")
    os.kill(old, signal.SIGCONT)
    assert command.communicate(timeout=DEADLINE) == (None, "")
    assert command.returncode == 0
    s.pid = s.master()
    assert s.pid == new
    until(lambda: gone(old), "the old master leaves")
    with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
        ping(c)
    s.before = (old,)
    s.end()


def again_before_the_old_master_has_left():
    """what its workers hold moves through the second one to the third"""
    s = Upgraded(RUN + [TESTBED], workers=1)
    held = []
    for _ in range(2):
        held.append(held_call(s))
        s.upgrade()
    assert len(s.masters()) == 3, s.masters()
    serving = set(s.workers().values())
    for call, fifo in held:
        fifo.close()
        assert b"hold" in call.reply()
        until(lambda: call.pid() in serving, "the connection has moved")
        call.close()
    until(lambda: s.masters() == [s.pid], "the old masters leave")
    s.end()


def new_master_stops_before_the_old_ones_have_left():
    """who have nobody then to hand their connections to"""
    s = Upgraded(RUN + ["-o", "drain-timeout=5m", TESTBED], workers=1)
    held = []
    for _ in range(2):
        held.append(held_call(s))
        s.upgrade()
    assert launcher("stop", "-n", s.name).returncode == 0
    for call, fifo in reversed(held):
        fifo.close()
        assert b"hold" in call.reply()
        assert call.reply() is None, "it has not been closed"
    until(lambda: all(map(gone, s.before)), "the old masters leave")


def sockets_take_most_descriptors():
    """of those that a master may have, and do not fit into one buffer"""
    s = Upgraded(["sh", "-c", "ulimit -n 500; exec \"$@\"", "sh"] + CALC,
                 "-o", "max-workers=400", workers=1)
    with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
        ping(c)
        s.upgrade()
        ping(c)
    s.end()


def one_at_a_time():
    s = Upgraded(CALC, "-o", "canary-time=30s", workers=1)
    reload = subprocess.Popen([built("thriftfork"), "reload", "-n", s.name],
                              stderr=subprocess.PIPE)
    s.await_log("is the canary")
    s.refused("a reload is under way")
    assert launcher("stop", "-n", s.name).returncode == 0
    assert reload.wait(DEADLINE) == 1
    assert s.wait() == 0


main([no_connection_and_no_call_is_lost, names_are_the_new_ones,
      pidfile_that_moves, idle_and_half_sent, workers_have_what_is_theirs,
      number_of_workers_stands, new_number_of_workers,
      queue_of_a_worker_that_is_no_more, by_signal, new_binary_that_fails,
      module_that_fails, settings_that_fail, workers_that_fail,
      more_workers_that_fail, a_stop_ends_it, late,
      old_master_dies_before_it_says_so,
      a_worker_dies_before_the_names_are_its,
      again_before_the_old_master_has_left,
      new_master_stops_before_the_old_ones_have_left,
      sockets_take_most_descriptors, one_at_a_time])
