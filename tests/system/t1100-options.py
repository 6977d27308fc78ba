#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Settings from the command line and from a file, -t, -d, the pidfile, and
the limits of workers: what they do, and what is said of wrong ones."""

import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import (CALC, TESTBED, Daemon, descriptors, launcher,
                    proc, read, refused, written)
from harness import Server, built, gone, instance_dir, main, tempdir, until

RUN = [built("thriftfork"), "run"]


def file_sets_what_the_line_does_not():
    conf = written(tempdir(), "calc.conf",
                   "# for the test\nworkers 9\nlisten 127.0.0.1:1\n"
                   "log-level debug\nstop-timeout \"7s\"\n")
    s = Server(RUN + ["-c", conf, CALC], workers=2)
    assert len(s.workers()) == 2, s.workers()
    assert "master debug: " in s.drain_log()
    assert s.status()["listen"] == s.address, s.status()
    assert s.stop() == 0


def file_is_enough():
    path = os.path.join(tempdir(), "sock")
    conf = written(tempdir(), "calc.conf", "workers 1\nlisten unix:%s\n"
                   "name test-file-%d\n" % (path, os.getpid()))
    done = launcher("run", "-t", "-c", conf, TESTBED)
    assert done.returncode == 0, done
    assert not os.path.exists(path)


def wrong_files():
    d = tempdir()
    for text, words in [
        ("workers 1\nno-such 2\n", ":2: no-such: there is no such setting"),
        ("workers many\n", ":1: workers: 'many' is not a number or auto"),
        ("\n\nuser\n", ":3: user: has no value"),
        ("user a\nuser b\n", ":2: user: is given twice"),
        ("listen :1\nlisten tcp://127.0.0.1:1\n",
         ":2: listen: tcp://127.0.0.1:1 is given twice"),
        ("listen :1 tls=1\n",
         ":1: listen: :1: tls: '1' is not auto, on or off"),
        ("log \"x\n", ":1: a quote is not closed"),
        ("config x\n", ":1: config: a file cannot name another one"),
    ]:
        conf = written(d, "bad.conf", text)
        said = refused(2, conf + words, "run", "-c", conf, CALC)
        assert said.count("\n") == 1, said
    refused(2, "/nonexistent/c: No such file or directory", "run", "-c",
            "/nonexistent/c", CALC)


def wrong_values():
    for args, words in [
        (["-l", ":1,tls=1"],
         "listen: :1: tls: '1' is not auto, on or off"),
        (["-o", "daemon=maybe"], "daemon: 'maybe' is not yes or no"),
        (["-o", "affinity=yes"], "affinity: 'yes' is not on or off"),
        (["-o", "log-level=loud"],
         "log-level: 'loud' is not error, warn, info or debug"),
        (["-o", "log-format=xml"], "log-format: 'xml' is not text or json"),
        (["-o", "log=sylog"], "log: 'sylog' is not stderr, syslog or a path"),
        (["-o", "umask=9"],
         "umask: '9' is not an octal number, such as 027, or keep"),
        (["-o", "rlimit-nofile=1"],
         "rlimit-nofile: '1' is not from 128 to 1000000000"),
        (["-o", "core-limit=big"],
         "core-limit: 'big' is not a number of bytes, unlimited or keep"),
        (["-o", "call-timeout.Calculator=1s"],
         "call-timeout.Calculator: a method is written"),
        (["-o", "call-timeout.%s.%s=1" % (80 * "S", 80 * "m")],
         "call-timeout.%s.%s: '1' is not a time" % (80 * "S", 80 * "m")),
        (["-c", "/dev/null", "-c", "/dev/null"], "config: is given twice"),
        (["-o", "call-timeout.Calculator.ping=1"],
         "call-timeout.Calculator.ping: '1' is not a time"),
        (["-w", "65"], "workers: 65 is more than max-workers, 64"),
        (["-d"], "daemon: has no standard error to log to; set log to a file "
         "or to syslog"),
        (["-d", "-w", "0", "-o", "log=/dev/null"],
         "daemon: needs a master, and workers is 0"),
        (["-w", "0", "-o", "user=nobody"],
         "user: needs a worker to give privilege up in, and workers is 0"),
        (["-o", "user=no-such-user"],
         "user: there is no user 'no-such-user'"),
        (["-t", "-o", "group=no-such-group"],
         "group: there is no group 'no-such-group'"),
    ]:
        said = refused(2, "thriftfork run: " + words, "run", *args, CALC)
        assert said.count("\n") == 1, said


def check_prints_methods_and_binds_nothing():
    s = Server(RUN + [CALC])
    # The same name and the same address: a start would be refused.
    done = launcher("run", "-t", "-n", s.name, "-l", s.address, CALC)
    assert done.returncode == 0 and done.stderr == "", done
    assert done.stdout.splitlines() == [
        "Calculator." + m for m in ("ping", "calculate", "history", "totals",
                                    "forget")], done.stdout
    assert s.stop() == 0
    done = subprocess.run([built("calc"), "-t"], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0 and "Calculator.ping\n" in done.stdout, done


def check_leaves_nothing():
    d = tempdir()
    name = "test-t-%d" % os.getpid()
    done = launcher("run", "-dt", "-n", name, "-l", "unix:" + d + "/s", "-o",
                    "log=" + d + "/log", "-o", "pidfile=" + d + "/pid", CALC)
    assert done.returncode == 0, done
    assert os.listdir(d) == [], os.listdir(d)
    where = instance_dir()
    assert not os.path.isdir(where) or not [
        f for f in os.listdir(where) if f.startswith(name + ".")]


def check_finds_what_is_wrong():
    for args, words in [
        (["-t", "/nonexistent.so"], "/nonexistent.so: No such file"),
        (["-t", built(".libs/libthriftfork.so")], "is not a module"),
        (["-t", "-l", "no.such.host.invalid:1", CALC],
         "listen no.such.host.invalid:1: "),
        (["-t", "-o", "call-timeout.Calculator.pong=1s", CALC],
         "call-timeout.Calculator.pong: there is no such method"),
        (["-t", "-o", "threaded.Calculator.pong=yes", CALC],
         "threaded.Calculator.pong: there is no such method"),
        (["-t", TESTBED, "refuse-setup"], "thriftfork run: setup as uid "),
    ]:
        refused(1, words, "run", *args)
    done = launcher("run", "-t", "-o", "call-timeout.Calculator.ping=1s",
                    CALC)
    assert done.returncode == 0, done


def daemon_serves_when_the_command_ends():
    s = Daemon(workers=2)
    # It had been told that somebody serves: no connection is refused.
    assert b"pid" in s.call("pid")
    workers = s.workers(2)
    assert len(workers) == 2, workers
    with open("/proc/%d/stat" % s.pid) as f:
        session = int(f.read().rsplit(")", 1)[1].split()[3])
    assert session == s.pid != os.getsid(0)
    for pid in [s.pid] + workers:
        fds = descriptors(pid)
        assert fds[0] == fds[1] == "/dev/null", fds
        # Last words of a dying process shall be found in the log.
        assert fds[2] == s.log_path, fds
    s.stop()
    assert not os.path.exists(s.pidfile)


def daemon_that_cannot_start_says_why():
    d = tempdir()
    log = "log=%s/log" % d
    s = socket.create_server(("127.0.0.1", 0))
    refused(1, "Address already in use", "run", "-d", "-o", log, "-l",
            "127.0.0.1:%d" % s.getsockname()[1], CALC)
    s.close()
    refused(1, "setup as uid", "run", "-d", "-o", log, "-l", ":0", TESTBED,
            "refuse-setup")
    pidfile = os.path.join(d, "pid")
    said = refused(1, "worker_start: no database today", "run", "-d", "-o",
                   log, "-o", "pidfile=" + pidfile, "-l", ":0", TESTBED,
                   "refuse-start")
    assert re.search(r"\nthriftfork run: worker \d pid \d+ generation 1 "
                     r"exited with 1 after", said), said
    assert not os.path.exists(pidfile)
    # The whole story is in the log as well.
    assert "worker_start: no database today" in read(d + "/log")
    refused(1, "log: /nonexistent/log: No such file or directory", "run",
            "-d", "-o", "log=/nonexistent/log", CALC)


def foreground_goes_on_trying():
    s = subprocess.Popen(RUN + ["-n", "test-try-%d" % os.getpid(), "-w", "1",
                                "-l", ":0", TESTBED, "refuse-start"],
                         stderr=subprocess.PIPE, text=True)
    for line in s.stderr:
        if "death 2 in a row" in line:
            break
    s.send_signal(signal.SIGTERM)
    s.communicate(timeout=30)
    assert s.returncode == 0


def second_start_is_refused():
    s = Daemon()
    refused(1, "pidfile: %s is held by pid %d" % (s.pidfile, s.pid), "run",
            "-n", s.name, "-l", ":0", "-o", "pidfile=" + s.pidfile, CALC)
    refused(1, "%s runs already, as pid %d" % (s.name, s.pid), "run", "-d",
            "-n", s.name, "-l", ":0", "-o", "log=" + s.dir + "/2", CALC)
    assert int(read(s.pidfile)) == s.pid
    s.stop()


def pidfile_of_a_dead_server_is_taken():
    s = Daemon()
    os.kill(s.pid, signal.SIGKILL)
    until(lambda: gone(s.pid), "the master dies")
    assert int(read(s.pidfile)) == s.pid
    t = Server(RUN + ["-o", "pidfile=" + s.pidfile, CALC], workers=1)
    assert read(s.pidfile) == "%d\n" % t.pid
    assert t.stop() == 0
    assert not os.path.exists(s.pidfile)


def wrong_pidfiles():
    d = tempdir()
    precious = written(d, "precious", "user data\n")
    image = written(d, "image", "\0\0\0\1 and more")
    digits = written(d, "digits", "1" * 40)
    for path, words in [
        (precious, precious + " exists and is none"),
        (image, image + " exists and is none"),
        (digits, digits + " exists and is none"),
        (d, d + ": Is a directory"),
        ("/nonexistent/pid", "/nonexistent/pid: No such file"),
    ]:
        refused(1, "pidfile: " + words, "run", "-l", ":0", "-o",
                "pidfile=" + path, CALC)
    assert read(precious) == "user data\n"
    assert read(image) == "\0\0\0\1 and more"
    assert read(digits) == "1" * 40


def limits_of_workers():
    s = Server(RUN + ["-o", "umask=027", "-o", "rlimit-nofile=200", "-o",
                      "core-limit=1M", CALC], workers=1)
    worker, = s.workers().values()
    before = proc(s.pid, "status")
    status, limits = proc(worker, "status"), read("/proc/%d/limits" % worker)
    assert status["Umask"] == "0027", status
    assert status["NoNewPrivs"] == "1" and before["NoNewPrivs"] == "0"
    line = [x.split() for x in limits.splitlines()]
    assert ["Max", "open", "files", "200"] in [x[:4] for x in line], limits
    assert ["Max", "core", "file", "size", "1048576"] in \
        [x[:5] for x in line], limits
    assert s.stop() == 0
    s = Server(RUN + ["-o", "no-new-privs=no", CALC], workers=1)
    worker, = s.workers().values()
    assert proc(worker, "status")["NoNewPrivs"] == "0"
    assert proc(worker, "status")["Umask"] == proc(s.pid, "status")["Umask"]
    assert s.stop() == 0


def affinity():
    allowed = sorted(os.sched_getaffinity(0))
    s = Server(RUN + ["-o", "affinity=on", CALC], workers=3)
    for slot, pid in s.workers().items():
        assert os.sched_getaffinity(pid) == {allowed[slot % len(allowed)]}
    assert os.sched_getaffinity(s.pid) == set(allowed)
    assert s.stop() == 0
    s = Server(RUN + [CALC], workers=1)
    worker, = s.workers().values()
    assert os.sched_getaffinity(worker) == set(allowed)
    assert s.stop() == 0


def quiet_and_verbose():
    s = Server(RUN + ["-v", CALC], workers=1)
    assert s.stop() == 0 and "master debug: " in s.drain_log()
    d = Daemon("-q")
    d.stop()
    assert d.log() == "", d.log()


main([file_sets_what_the_line_does_not, file_is_enough, wrong_files,
      wrong_values, check_prints_methods_and_binds_nothing,
      check_leaves_nothing, check_finds_what_is_wrong,
      daemon_serves_when_the_command_ends, daemon_that_cannot_start_says_why,
      foreground_goes_on_trying, second_start_is_refused,
      pidfile_of_a_dead_server_is_taken, wrong_pidfiles, limits_of_workers,
      affinity, quiet_and_verbose])
