#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A log that nobody reads, or that has no room: it holds up neither master
nor workers, what is missing is told, and a start into it is refused."""

import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import CALC, TESTBED, launcher, refused
from harness import Server, Skip, built, main, tempdir, until

RUN = [built("thriftfork"), "run"]
FAILED = "Testbed.fail_silently returned -1"


def call(port, method):
    """The reply to one call without arguments, compact and framed."""
    with socket.create_connection(("127.0.0.1", port), 30) as c:
        body = b"\x82\x21\x07" + bytes([len(method)]) + method.encode() + b"\0"
        c.sendall(struct.pack(">I", len(body)) + body)
        with c.makefile("rb") as f:
            return f.read(struct.unpack(">I", f.read(4))[0])


def full_pipe():
    """at standard error: workers answer, the master obeys"""
    s = Server(RUN + [TESTBED], workers=2)
    fcntl.fcntl(s.read_fd, fcntl.F_SETPIPE_SZ, 4096)
    for _ in range(300):
        assert call(s.port, "fail_silently")
    for _ in range(100):
        s.signal(signal.SIGUSR1)
        assert len(s.workers()) == 2
    log = s.drain_log()
    assert log.count(FAILED) < 300, log
    # Somebody reads again: each process says what it could not.
    while s.log.count("lines were lost") < 3:
        assert call(s.port, "fail_silently")
        s.signal(signal.SIGUSR1)
        s.status()
        s.drain_log()
    missing = sum(int(n) for n in re.findall(r"warn: (\d+) lines were", s.log))
    assert missing > 200, s.log
    assert s.stop() == 0


def nobody_holds_the_other_end():
    """of standard error"""
    s = Server(RUN + [TESTBED], workers=1)
    os.close(s.read_fd)
    s.read_fd = os.open("/dev/null", os.O_RDONLY)
    Server.all.remove(s)
    for _ in range(3):
        assert call(s.port, "fail_silently")
    assert len(s.workers()) == 1
    assert s.stop() == 0


def fifo():
    """that has been opened and is not read"""
    d = tempdir()
    path = d + "/log"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    name = "test-fifo-%d" % os.getpid()
    s = subprocess.Popen(RUN + ["-v", "-n", name, "-w", "2", "-l", "unix:" +
                                d + "/s", "-o", "log=" + path, CALC],
                         stderr=subprocess.PIPE)
    until(lambda: launcher("status", "-n", name).returncode == 0, "it runs")
    for _ in range(100):
        s.send_signal(signal.SIGUSR1)
        assert launcher("status", "-n", name).returncode == 0
    assert launcher("stop", "-n", name).returncode == 0
    assert s.communicate(timeout=30)[1] == b"" and s.returncode == 0
    os.close(reader)


def full_device():
    said = refused(1, "log: /dev/full: No space left on device", "run", "-l",
                   ":0", "-o", "log=/dev/full", CALC)
    assert said.count("\n") == 1, said
    refused(1, "log: /dev/full: No space left on device", "run", "-d", "-l",
            ":0", "-o", "log=/dev/full", CALC)


def full_disk():
    if os.geteuid() != 0:
        raise Skip("needs root to mount one")
    d = tempdir()
    script = ("mount -t tmpfs -o size=16k tmpfs %s || exit 77; "
              "head -c 100000 /dev/zero >%s/other 2>/dev/null; "
              "exec \"$@\"" % (d, d))
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh"] + RUN +
                          ["-l", ":0", "-o", "log=" + d + "/log", CALC],
                          capture_output=True, text=True, timeout=30)
    if done.returncode == 77 or "unshare" in done.stderr:
        raise Skip("cannot mount one")
    assert done.returncode == 1, done
    assert "log: %s/log: No space left on device" % d in done.stderr, done


def need_to_be_the_logger():
    if os.geteuid() != 0:
        raise Skip("needs root to be the system's logger")
    if os.path.lexists("/dev/log"):
        raise Skip("somebody else is the system's logger")


def no_logger():
    need_to_be_the_logger()
    refused(1, "log: syslog: No such file or directory", "run", "-l", ":0",
            "-o", "log=syslog", CALC)


def logger_that_hangs():
    """and another one in its place"""
    need_to_be_the_logger()
    loggers = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
               for _ in range(2)]
    try:
        loggers[0].bind("/dev/log")
        say_to(loggers)
    finally:
        os.unlink("/dev/log")


def say_to(loggers):
    path = os.path.join(tempdir(), "sock")
    name = "test-hang-%d" % os.getpid()
    s = subprocess.Popen(RUN + ["-n", name, "-w", "1", "-l", "unix:" + path,
                                "-o", "log=syslog", CALC],
                         stderr=subprocess.PIPE)
    until(lambda: launcher("status", "-n", name).returncode == 0, "it runs")
    with open("/proc/sys/net/unix/max_dgram_qlen") as f:
        fits = int(f.read())
    for _ in range(fits + 10):
        s.send_signal(signal.SIGUSR1)
        assert launcher("status", "-n", name).returncode == 0
    loggers[0].close()
    os.unlink("/dev/log")
    loggers[1].bind("/dev/log")
    loggers[1].settimeout(30)
    s.send_signal(signal.SIGUSR1)
    assert re.search(rb"master warn: \d+ lines? w.* lost$",
                     loggers[1].recv(8192))
    assert loggers[1].recv(8192).endswith(b"the log has been reopened")
    s.send_signal(signal.SIGTERM)
    assert s.communicate(timeout=30)[1] == b"" and s.returncode == 0


main([full_pipe, nobody_holds_the_other_end, fifo, full_device, full_disk,
      no_logger, logger_that_hangs])
