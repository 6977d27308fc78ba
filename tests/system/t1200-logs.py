#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Logs: to standard error, a file or syslog, as text or JSON, and rotated
without the loss of a line."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import (CALC, TESTBED, Daemon, children, launcher, read,
                    refused)
from harness import (ILL, Server, Skip, built, gone, main, tempdir, until)

RUN = [built("thriftfork"), "run"]
TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\S+)\[(\d+)\] "
                  r"(master|worker \d+) (error|warn|info|debug): (.*)")
FAILED = "Testbed.fail_silently returned -1"


def text_to_a_file():
    s = Daemon()
    worker, = s.workers()
    assert stat.S_IMODE(os.stat(s.log_path).st_mode) & ~0o640 == 0
    s.call("fail_silently")
    s.await_log(FAILED)
    s.stop()
    lines = [TEXT.fullmatch(line) for line in s.log().splitlines()]
    assert all(lines), s.log()
    assert {m.group(1) for m in lines} == {s.name}
    assert {int(m.group(2)) for m in lines} == {s.pid, worker}
    said = [m.group(3, 4) for m in lines if FAILED in m.group(5)]
    assert said == [("worker 0", "warn")], said


def file_is_appended_to():
    path = os.path.join(tempdir(), "log")
    with open(path, "w") as f:
        f.write("before\n")
    s = Daemon(log=path)
    s.stop()
    assert s.log().startswith("before\n2")


def foreground_may_log_to_a_file():
    """and then says nothing on standard error"""
    d = tempdir()
    s = subprocess.Popen(RUN + ["-n", "test-fore-%d" % os.getpid(), "-w", "1",
                                "-l", "unix:" + d + "/s", "-o",
                                "log=" + d + "/log", CALC],
                         stderr=subprocess.PIPE)
    until(lambda: os.path.exists(d + "/log") and "serves" in read(d + "/log"),
          "it serves")
    s.send_signal(signal.SIGTERM)
    assert s.communicate(timeout=30)[1] == b"" and s.returncode == 0


def json_lines():
    s = Server(RUN + ["-o", "log-format=json", "-v", TESTBED], workers=1)
    worker, = s.workers().values()
    assert s.stop() == 0
    lines = [json.loads(line) for line in s.drain_log().splitlines()]
    for line in lines:
        assert list(line) == ["time", "level", "instance", "pid", "role",
                              "message"], line
        assert line["instance"] == s.name, line
    assert {line["pid"] for line in lines} <= {s.pid, worker}
    assert {"level": "info", "role": "master",
            "message": "worker 0 pid %d serves" % worker}.items() <= \
        next(x for x in lines if "serves" in x["message"]).items()


def json_is_escaped():
    """what stands in a log is a file's name here"""
    name = "a\"b\\c\n\x7f\u00e9"
    path = os.path.join(tempdir().encode(), name.encode() + b"\xff.sock")
    s = Server(RUN + ["-o", "log-format=json", CALC], workers=1,
               listen=b"unix:" + path)
    assert s.stop() == 0
    first = json.loads(s.drain_log().splitlines()[0])
    assert first["message"].endswith("/" + name + "\ufffd.sock"), first
    assert "\\u000a" in s.log and "\\u007f" in s.log


def reopen_after_a_rename():
    s = Daemon(workers=2)
    s.workers(2)
    old = s.log_path + ".1"
    os.rename(s.log_path, old)
    os.kill(s.pid, signal.SIGUSR1)
    until(lambda: os.path.exists(s.log_path), "a new file")
    s.await_log("master info: the log has been reopened")
    assert s.call("fail_silently")
    s.await_log(FAILED)
    # Standard error has moved along.
    assert os.readlink("/proc/%d/fd/2" % s.pid) == s.log_path
    s.stop()
    assert FAILED not in read(old)


def reopen_after_an_upgrade():
    """standard error is the log's still, and moves with it"""
    s = Daemon(workers=2)
    old = s.pid
    done = launcher("upgrade", "-n", s.name)
    assert done.returncode == 0, done
    until(lambda: gone(old), "the old master leaves")
    s.pid = int(read(s.pidfile))
    os.rename(s.log_path, s.log_path + ".1")
    os.kill(s.pid, signal.SIGUSR1)
    until(lambda: os.path.exists(s.log_path), "a new file")
    s.await_log("master info: the log has been reopened")
    for pid in [s.pid] + children(s.pid):
        until(lambda: os.readlink("/proc/%d/fd/2" % pid) == s.log_path,
              "standard error has moved along")
    s.stop()


def an_admin_of_a_daemon():
    """does not keep whom it was started from waiting"""
    s = Daemon("-o", "admin=127.0.0.1:0")
    until(lambda: len(children(s.pid)) == 2, "both have been started")
    for pid in children(s.pid):
        assert os.readlink("/proc/%d/fd/2" % pid) == s.log_path
    s.stop()


def rotation_loses_no_line():
    s = Daemon(workers=2)
    s.workers(2)
    made, over = [0, 0], threading.Event()

    def make_lines(who):
        while not over.is_set():
            s.call("fail_silently")
            made[who] += 1

    threads = [threading.Thread(target=make_lines, args=(i,))
               for i in range(2)]
    for t in threads:
        t.start()
    files = []
    for n in range(10):
        files.append("%s.%d" % (s.log_path, n))
        before = sum(made)
        os.rename(s.log_path, files[-1])
        os.kill(s.pid, signal.SIGUSR1)
        until(lambda: os.path.exists(s.log_path), "a new file")
        s.await_log("reopened")
        until(lambda: sum(made) > before + 10, "more lines")
    over.set()
    for t in threads:
        t.join()
    s.stop()
    lines = "".join(read(f) for f in files + [s.log_path]).splitlines()
    assert all(TEXT.fullmatch(line) for line in lines)
    found = sum(FAILED in line for line in lines)
    assert found == sum(made), (found, made)


def who_may_not_open_the_file_is_handed_it():
    if os.geteuid() != 0:
        raise Skip("needs root")
    s = Daemon("-o", "user=nobody")
    s.workers()
    os.chmod(s.dir, 0o700)
    os.rename(s.log_path, s.log_path + ".1")
    os.kill(s.pid, signal.SIGUSR1)
    until(lambda: os.path.exists(s.log_path), "a new file")
    s.call("fail_silently")
    s.await_log("worker 0 warn: " + FAILED)
    assert os.stat(s.log_path).st_uid == 0
    s.stop()


def reopening_fails_and_the_old_file_stays():
    d = tempdir()
    path = os.path.join(d, "sub")
    os.mkdir(path)
    s = Daemon(log=os.path.join(path, "log"))
    s.workers()
    os.rename(path, path + "2")
    s.log_path = os.path.join(path + "2", "log")
    os.kill(s.pid, signal.SIGUSR1)
    s.await_log("master error: the log cannot be opened again: No such file")
    s.call("fail_silently")
    s.await_log(FAILED)
    s.stop()


def reopening_standard_error_is_harmless():
    s = Server(RUN + [TESTBED], workers=1)
    s.signal(signal.SIGUSR1)
    s.await_log("master info: the log has been reopened")
    assert s.stop() == 0


def wrong_places():
    for path, words in [("/nonexistent/log", "No such file or directory"),
                        ("/tmp/", "Is a directory")]:
        refused(1, "log: %s: %s" % (path, words), "run", "-l", ":0", "-o",
                "log=" + path, CALC)


def syslog():
    if os.geteuid() != 0:
        raise Skip("needs root to be the system's logger")
    if os.path.lexists("/dev/log"):
        raise Skip("somebody else is the system's logger")
    logger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    logger.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    try:
        logger.settimeout(30)
        say_to_syslog(logger)
    finally:
        os.unlink("/dev/log")
        logger.close()


def say_to_syslog(logger):
    def lines(end):
        got = []
        while not got or end not in got[-1]:
            got.append(logger.recv(8192).decode())
            assert not ILL.search(got[-1]), got
        return got

    path = os.path.join(tempdir(), "sock")
    name = "test-syslog-%d" % os.getpid()
    args = ["-n", name, "-w", "1", "-l", "unix:" + path, "-o", "log=syslog",
            "-o", "user=nobody"]
    for form in (["-o", "log-format=text"], ["-o", "log-format=json"]):
        s = subprocess.Popen(RUN + args + form + [TESTBED],
                             stderr=subprocess.PIPE)
        got = lines("serves")
        s.send_signal(signal.SIGUSR1)
        got += lines("reopened")
        s.send_signal(signal.SIGTERM)
        assert s.communicate(timeout=30)[1] == b""
        assert s.returncode == 0
        lines("stopped")
        for line in got:
            # <facility daemon * 8 + info>
            assert line.startswith("<30>"), line
            assert "%s[%d]: " % (name, s.pid) in line, line
        body = got[-1].split(": ", 1)[1]
        if "json" in form[1]:
            assert json.loads(body)["message"] == \
                "the log has been reopened", body
        else:
            assert body == "master info: the log has been reopened", body


main([text_to_a_file, file_is_appended_to, foreground_may_log_to_a_file,
      json_lines, json_is_escaped, reopen_after_a_rename,
      reopen_after_an_upgrade, an_admin_of_a_daemon,
      rotation_loses_no_line, who_may_not_open_the_file_is_handed_it,
      reopening_fails_and_the_old_file_stays,
      reopening_standard_error_is_harmless, wrong_places, syslog])
