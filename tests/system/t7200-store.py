#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A master is killed, and the service manager starts the next one with what it
has kept of the first: sockets, so that no client is refused, and counters,
which go on.  What the manager keeps may also be nothing, too little, or
rubbish."""

import os
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import FELT, Peer, nothing_felt
from daemon import read
from harness import DEADLINE, Load, gone, main, tempdir, until
from manager import KeptBed, Unit

PING = b"\0\0\0\x09\x82\x21\x01\x04ping\0"


class Callers:
    """Connections that call one by one, and come back when they are closed:
    how many calls were answered."""

    def __init__(self, server, number=4):
        self.server = server
        self.answered = [0] * number
        self.refused = []
        self.over = False
        self.threads = [threading.Thread(target=self.run, args=(i,))
                        for i in range(number)]
        for t in self.threads:
            t.start()

    def run(self, i):
        while not self.over:
            try:
                peer = Peer(self.server)
            except OSError as why:
                self.refused.append(why)
                return
            try:
                while not self.over and peer.call("pid") is not None:
                    self.answered[i] += 1
            except OSError:
                pass
            peer.close()

    def sum(self):
        return sum(self.answered)

    def more(self, number):
        want = self.sum() + number
        until(lambda: self.sum() >= want or self.refused, "calls go on")

    def end(self):
        self.over = True
        for t in self.threads:
            t.join(DEADLINE)
        assert not self.refused, self.refused
        return self.sum()


def counters(s):
    return s.status()["counters"]


def calls(s):
    return counters(s)["calls_ended"]


def call(s):
    peer = Peer(s)
    assert peer.call("pid") is not None
    peer.close()


def not_lower(before, after):
    low = {k: (before[k], after.get(k)) for k in before
           if k.startswith(("calls_", "connections_", "bytes_")) and
           k not in ("connections", "calls_in_flight") and
           after.get(k, -1) < before[k]}
    assert not low, low


def under_load():
    """nobody is refused, who calls once is answered, all of it is counted"""
    s = KeptBed(workers=3)
    port = s.port
    callers = Callers(s)
    once = Load(s.address, "-t", 120, "-c", 0, "--once-rate", 100,
                "--timeout", 20000)
    once.ready()
    for _ in range(3):
        callers.more(200)
        before = counters(s)
        s.replace_master()
        assert s.status()["master"]["pid"] == s.master() == s.pid
        not_lower(before, counters(s))
        callers.more(200)
    report = once.stop()
    answered = callers.end()
    nothing_felt(report, 20)
    assert port == int(s.status()["listen"].rsplit(":", 1)[1]), s.status()
    total = counters(s)
    assert total["calls_ended"] >= answered + report["sent"], \
        (total, answered, report)
    assert s.stop() == 0


def who_connects_in_between():
    """waits for the next master, and is answered by it"""
    path = os.path.join(tempdir(), "s")
    for listen in ("127.0.0.1:0", "unix:" + path):
        s = KeptBed(workers=2, listen=listen)
        pids = s.processes()
        s.kill_master()
        until(lambda: all(gone(p) for p in pids), "the workers leave")
        unix = listen.startswith("unix:")
        waiting = []
        for _ in range(20):
            c = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
            c.settimeout(DEADLINE)
            c.connect(path if unix else ("127.0.0.1", s.port))
            c.sendall(PING)
            waiting.append(c)
        s.start_again()
        for c in waiting:
            assert b"ping" in c.recv(100)
            c.close()
        assert s.stop() == 0
        assert not os.path.exists(path)


def what_a_worker_is_in():
    """is answered by the dead master's worker, which then leaves, and is
    counted"""
    s = KeptBed(workers=1)
    fifo = os.path.join(s.dir, "fifo")
    os.mkfifo(fifo)
    name = fifo.encode()
    peer = Peer(s)
    peer.send("hold", b"\x18" + bytes([len(name)]) + name + b"\0")
    with open(fifo, "w") as f:          # opens when the handler reads
        worker = s.processes()[0]
        s.replace_master()
        assert not gone(worker)
        call(s)
        assert s.status()["counters"]["calls_ended"] == 1
        f.write("done")
    assert b"done" in peer.reply()
    until(lambda: gone(worker), "the worker leaves")
    until(lambda: calls(s) == 2, "its call is counted")
    assert counters(s)["calls_begun"] == 2
    assert s.stop() == 0


def many_in_a_row():
    """also while the next one starts; no lane and no descriptor is lost"""
    s = KeptBed("-o", "max-workers=4", workers=2)
    names = s.unit.names()
    assert len(names) == 3, names
    expected = 0
    for i in range(12):
        call(s)
        expected += 1
        s.kill_master()
        if i % 3 == 2:
            s.start_again(ready=False)
            s.kill_master()
        s.start_again()
        assert s.unit.names() == names, (names, s.unit.names())
    assert calls(s) == expected, (calls(s), expected)
    s.size()
    assert s.stop() == 0


def later_slots():
    """what comes to listen is kept too, and served even if it is not
    wanted"""
    s = KeptBed("-o", "max-workers=4", workers=1)
    assert len(s.unit.names()) == 2, s.unit.names()
    s.succeeds("scale", "4")
    s.unit.settle()
    assert len(s.unit.names()) == 5, s.unit.names()
    s.kill_master()
    waiting = []
    for _ in range(40):                 # on all of them
        peer = Peer(s)
        peer.send("pid")
        waiting.append(peer)
    s.start_again()
    assert s.status()["master"]["workers"] == 1
    for peer in waiting:
        assert peer.reply() is not None
        peer.close()
    for _ in range(20):
        call(s)
    s.succeeds("scale", "4")
    assert s.stop() == 0


def reload_and_stop_afterwards():
    """all works, and the next start begins anew"""
    s = KeptBed(workers=2)
    call(s)
    s.replace_master()
    s.succeeds("reload")
    assert s.status()["master"]["generation"] == 2
    call(s)
    s.succeeds("scale", "3")
    s.replace_master()
    call(s)
    s.settle()
    assert s.stop() == 0
    s.start_again(listen=s.address)
    assert calls(s) == 0
    assert s.stop() == 0


def after_an_upgrade():
    """the new master's are what is kept"""
    s = KeptBed(workers=2)
    names = s.unit.names()
    callers = Callers(s)
    for _ in range(2):
        callers.more(50)
        s.succeeds("upgrade")
        until(lambda: s.master() == s.status()["master"]["pid"],
              "the manager knows the new master")
        s.replace_master()
        callers.more(50)
    assert s.unit.names() == names, (names, s.unit.names())
    answered = callers.end()
    assert calls(s) >= answered, (calls(s), answered)
    assert s.stop() == 0


def an_address_less():
    """its socket is given up, and who connects there is refused"""
    s = KeptBed("-l", "[::1]:0", workers=1)
    call4, call6 = [a.rsplit(":", 1)[1] for a in s.status()["listen"].split()]
    assert len(s.unit.names()) == 3, s.unit.names()
    s.kill_master()
    s.args.remove("127.0.0.1:0")
    s.args.remove("-l")
    s.start_again()
    s.unit.settle()
    assert s.status()["listen"] == "[::1]:" + call6, s.status()["listen"]
    assert len(s.unit.names()) == 2, s.unit.names()
    with socket.socket() as c:
        assert c.connect_ex(("127.0.0.1", int(call4))) != 0
    with socket.create_connection(("::1", int(call6)), DEADLINE) as c:
        c.sendall(PING)
        assert b"ping" in c.recv(100)
    assert s.stop() == 0


def other_maxima():
    """counters begin anew, with one warning; more slots join, fewer go"""
    s = KeptBed("-o", "max-workers=3", workers=3)
    call(s)
    for slots in (6, 2):
        s.kill_master()
        s.start_again("-o", "max-workers=%d" % slots, "-w",
                      str(min(slots, 6)))
        s.await_log("of another kind; they begin anew")
        assert calls(s) == 0
        for _ in range(20):
            call(s)
        s.unit.settle()
        assert len(s.unit.names()) == slots + 1, s.unit.names()
    log = s.drain_log()
    assert log.count("begin anew") == 2, log
    assert s.stop() == 0


def a_manager_that_keeps_nothing():
    """the master starts as after any other death"""
    s = KeptBed(workers=2, room=0)
    pids = s.processes()
    call(s)
    s.kill_master()
    until(lambda: all(gone(p) for p in pids), "the workers leave")
    with socket.socket() as c:
        assert c.connect_ex(("127.0.0.1", s.port)) != 0, "somebody listens"
    s.start_again(listen=s.address)
    call(s)
    assert calls(s) == 1
    assert s.stop() == 0


def a_manager_that_keeps_too_little():
    s = KeptBed("-o", "max-workers=4", workers=4, room=3)
    assert len(s.unit.names()) == 3, s.unit.names()
    for _ in range(3):
        pids = s.processes()
        s.kill_master()
        until(lambda: all(gone(p) for p in pids), "the workers leave")
        s.start_again()
        for _ in range(20):
            call(s)
    assert calls(s) == 60
    assert s.stop() == 0


def listening(address="127.0.0.1", port=0):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind((address, port))
    s.listen()
    return s


def rubbish():
    """is told of, given up, and harms nobody"""
    s = KeptBed(workers=2)
    call(s)
    s.kill_master()
    good = s.unit.names()
    deaf = socket.socket()
    deaf.bind(("127.0.0.1", 0))
    null = os.open("/dev/null", os.O_RDWR)
    full = os.open("/dev/full", os.O_RDWR)
    pipe = os.pipe()
    stranger, another = listening(), listening()
    one, two = socket.socketpair()
    port = stranger.getsockname()[1]
    bad = [("thriftfork/segment", null), ("thriftfork/", pipe[0]),
           ("thriftfork/0/0/127.0.0.1,1", deaf.fileno()),
           ("thriftfork/0/0/127.0.0.1,%d" % port, stranger.fileno()),
           ("thriftfork/0/0/nonsense", another.fileno()),
           ("thriftfork/99999999999999999999/0/x", full),
           ("thriftfork/-1/x", one.fileno()), ("thriftfork/1/2", two.fileno()),
           ("somebody/else", os.open("/dev/zero", os.O_RDONLY))]
    for name, fd in bad:
        s.unit.keep(name, os.dup(fd))
    s.start_again()
    s.unit.settle()
    assert s.unit.names() == sorted(good + ["somebody/else"])
    log = s.drain_log()
    for name, _ in bad[:1] + bad[1:3] + bad[4:8]:
        assert "of no use: %s: " % name in log, (name, log)
    assert "nothing listens on: fd:somebody/else" in log
    assert calls(s) == 1
    call(s)
    s.unit.drop("somebody/else")
    for x in (deaf, stranger, another, one, two):
        x.close()
    for fd in (null, full, *pipe):
        os.close(fd)
    assert s.stop() == 0


def a_segment_that_is_none():
    """and is the only one"""
    s = KeptBed(workers=1)
    s.kill_master()
    s.unit.drop("thriftfork/segment")
    s.unit.keep("thriftfork/segment", os.memfd_create("x"))
    s.start_again()
    s.await_log("they begin anew")
    call(s)
    s.replace_master()
    assert calls(s) == 1
    assert s.stop() == 0


def names_that_are_none():
    """are refused as a whole, and the server starts if it can"""
    unit = Unit()
    start = unit.start
    s = KeptBed(workers=1, unit=unit)
    assert s.stop() == 0
    for names in ("x" * 300, "thriftfork/segment:", "a\x01b", ":::", ""):
        unit.start = lambda args, **more: start(
            ["/usr/bin/env", "LISTEN_FDNAMES=" + names, "LISTEN_FDS=1",
             *args], **more)
        unit.keep("x", os.open("/dev/zero", os.O_RDONLY))
        s.start_again()
        unit.drop("x")
        assert s.stop() == 0
    s.await_log("from the service manager nothing is taken: name 1 in")
    assert "has more than 1 names" in s.drain_log()


def a_file_that_is_gone():
    """the socket that had it is of no use"""
    path = os.path.join(tempdir(), "s")
    s = KeptBed(workers=1, listen="unix:" + path)
    s.kill_master()
    os.unlink(path)
    s.start_again()
    s.await_log("nobody can reach it")
    with socket.socket(socket.AF_UNIX) as c:
        c.settimeout(DEADLINE)
        c.connect(path)
        c.sendall(PING)
        assert b"ping" in c.recv(100)
    assert s.stop() == 0


def killed_while_it_stops():
    """what is left of the store does not keep the next one from serving"""
    s = KeptBed("-o", "stop-timeout=60s", workers=1)
    fifo = os.path.join(s.dir, "fifo")
    os.mkfifo(fifo)
    name = fifo.encode()
    peer = Peer(s)
    peer.send("hold", b"\x18" + bytes([len(name)]) + name + b"\0")
    with open(fifo, "w") as f:
        os.kill(s.master(), signal.SIGTERM)
        s.unit.await_key("STOPPING")
        s.kill_master()
        f.write("done")
    assert b"done" in peer.reply()
    s.start_again(listen=s.address)
    call(s)
    assert s.stop() == 0


def names_are_the_next_ones():
    """pidfile, lock and control socket"""
    pidfile = os.path.join(tempdir(), "pid")
    s = KeptBed("-o", "pidfile=" + pidfile, workers=1)
    for _ in range(2):
        s.replace_master()
        assert read(pidfile) == "%d\n" % s.pid
    assert s.stop() == 0
    assert not os.path.exists(pidfile)


def without_workers():
    """workers 0: nothing is kept, and what was is closed"""
    s = KeptBed(workers=1)
    s.kill_master()
    s.start_again("-w", "0", listen=s.address, ready=False)
    s.await_log("listening on")
    call(s)
    s.signal(signal.SIGTERM)
    assert s.wait() == 0


main([under_load, who_connects_in_between, what_a_worker_is_in,
      many_in_a_row, later_slots, reload_and_stop_afterwards,
      after_an_upgrade, an_address_less, other_maxima,
      a_manager_that_keeps_nothing, a_manager_that_keeps_too_little, rubbish,
      a_segment_that_is_none, names_that_are_none, a_file_that_is_gone,
      killed_while_it_stops, names_are_the_next_ones, without_workers])
