#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The control verbs before a master that does not answer, and the master
before clients that do not speak as the verbs do."""

import contextlib
import os
import pty
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import held_call
from daemon import CALC, TESTBED, launcher
from harness import DEADLINE, Server, Skip, built, instance_dir, main

RUN = [built("thriftfork"), "run"]


def control(s):
    c = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    c.settimeout(DEADLINE)
    c.connect(os.path.join(instance_dir(), s.name + ".sock"))
    return c


def verbs_give_up():
    s = Server(RUN + [CALC])
    s.signal(signal.SIGSTOP)
    for verb in ("status", "stop"):
        done = launcher(verb, "-n", s.name)
        assert done.returncode == 1 and done.stderr == \
            "thriftfork %s: the master of %s (pid %d) does not answer\n" % (
                verb, s.name, s.pid), done
    # It obeys when it can.
    s.signal(signal.SIGCONT)
    assert s.wait() == 0


def queue_of_a_stopped_master_is_full():
    s = Server(RUN + [CALC])
    s.signal(signal.SIGSTOP)
    waiting = []
    with contextlib.suppress(BlockingIOError):
        while len(waiting) < 1000:
            c = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            c.setblocking(False)
            c.connect(os.path.join(instance_dir(), s.name + ".sock"))
            waiting.append(c)
    assert len(waiting) < 1000
    done = launcher("status", "-n", s.name)
    assert done.returncode == 1 and done.stderr == \
        "thriftfork status: the master of %s does not answer\n" % s.name, done
    s.signal(signal.SIGCONT)
    for c in waiting:
        c.close()
    assert launcher("status", "-n", s.name).returncode == 0
    assert s.stop() == 0


def terminal():
    try:
        return pty.openpty()
    except OSError as why:
        raise Skip("no terminal can be had here: %s" % why) from why


def stop_waits_as_long_as_it_takes():
    """and tells who sits at a terminal"""
    s = Server(RUN + [TESTBED], workers=1)
    master, slave = terminal()
    call, writer = held_call(s)
    stop = subprocess.Popen([built("thriftfork"), "stop", "-n", s.name],
                            stderr=slave)
    os.close(slave)
    s.await_log("stopping")
    assert b"stop: waiting for what has been asked" in os.read(master, 1000)
    # Longer than a master may take that gives no sign: the wait is the test.
    with contextlib.suppress(subprocess.TimeoutExpired):
        stop.wait(6)
        raise AssertionError("stop did not wait")
    writer.write(b"done")
    writer.close()
    assert b"done" in call.reply()
    call.close()
    assert stop.wait(DEADLINE) == 0
    assert s.wait() == 0
    os.close(master)


def a_word_before_a_nul_is_no_order():
    s = Server(RUN + [CALC])
    with control(s) as c:
        for order in (b"stop\0", b"stop\0now", b"status\0", b"\0",
                      b"stop" + b"\0" * 1000):
            c.send(order)
            answer = c.recv(1000)
            assert answer == b"error: the request is too long or no text", \
                (order, answer)
        c.send(b"status")
        answer, fds, _, _ = socket.recv_fds(c, 1000, 4)
        assert answer == b"ok" and len(fds) == 1, answer
        os.close(fds[0])
    assert len(s.workers()) == 2
    assert s.stop() == 0


def who_never_reads_is_dropped():
    """and the log does not fill"""
    s = Server(RUN + [CALC])
    sent = 0
    with control(s) as c, contextlib.suppress(BrokenPipeError,
                                              ConnectionResetError):
        for sent in range(1, 100000):
            c.send(b"no verb")
    assert sent < 99999
    assert launcher("status", "-n", s.name).returncode == 0
    assert s.stop() == 0
    log = s.drain_log()
    assert log.count("control: ") == 1, log


def thousands_of_clients_are_one_line():
    s = Server(RUN + [CALC])

    def never_read():
        for _ in range(20):
            with control(s) as c, contextlib.suppress(OSError):
                while True:
                    c.send(b"no verb")

    threads = [threading.Thread(target=never_read) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert s.stop() == 0
    log = s.drain_log()
    assert 1 <= log.count("control: ") < 40, log


main([verbs_give_up, queue_of_a_stopped_master_is_full,
      stop_waits_as_long_as_it_takes, a_word_before_a_nul_is_no_order,
      who_never_reads_is_dropped, thousands_of_clients_are_one_line])
