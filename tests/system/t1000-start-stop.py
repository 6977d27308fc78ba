#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Starting, looking at and stopping a server; being told what is wrong."""

import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import (Server, built, gone, instance_dir, main, tempdir,
                     until)

RUN = [built("thriftfork"), "run", built(".libs/calc.so")]


def refused(*args):
    """Runs the launcher, which must fail; its status and its words."""
    done = subprocess.run([built("thriftfork"), *args], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode != 0, done
    return done.returncode, done.stderr


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), 10)


def module_under_workers():
    s = Server(RUN, workers=3)
    pids = s.workers()
    assert sorted(pids) == [0, 1, 2], pids
    assert s.stop() == 0
    until(lambda: all(gone(p) for p in pids.values()), "workers leave")
    assert "thriftfork run" not in s.drain_log()


def own_program():
    """tf_main() takes the same options"""
    s = Server(built("calc"), workers=1)
    assert len(s.workers()) == 1
    assert s.stop() == 0


def stop_verb():
    s = Server(RUN)
    done = subprocess.run([built("thriftfork"), "stop", "-n", s.name])
    assert done.returncode == 0
    # The answer came when all was over: nothing is left to wait for.
    assert s.wait(5) == 0


def quick_stop():
    s = Server(RUN)
    idle = connect(s)
    s.signal(signal.SIGINT)
    assert s.wait() == 0
    idle.close()


def second_start_is_refused_with_the_pid():
    s = Server(RUN)
    status, words = refused("run", "-n", s.name, "-l", ":0",
                            built(".libs/calc.so"))
    assert status == 1 and "runs already, as pid %d" % s.pid in words, words
    assert s.stop() == 0


def same_address_is_refused():
    s = Server(RUN)
    status, words = refused("run", "-n", s.name + "b", "-l",
                            "127.0.0.1:%d" % s.port, built(".libs/calc.so"))
    assert status == 1, words
    assert "127.0.0.1:%d: Address already in use" % s.port in words, words
    assert s.stop() == 0


def instance_leaves_no_files():
    s = Server(RUN)

    def files():
        return sorted(f for f in os.listdir(instance_dir())
                      if f.startswith(s.name + "."))

    assert files() == [s.name + ".lock", s.name + ".sock"], files()
    assert s.stop() == 0
    assert files() == [], files()


def unix_socket():
    path = os.path.join(tempdir(), "calc")
    s = Server(RUN, listen="unix:" + path)
    c = socket.socket(socket.AF_UNIX)
    c.connect(path)
    c.close()
    assert s.stop() == 0
    assert not os.path.exists(path)


def unix_socket_of_a_living_server_is_not_taken():
    path = os.path.join(tempdir(), "calc")
    s = Server(RUN, listen="unix:" + path)
    status, words = refused("run", "-n", s.name + "b", "-l", "unix:" + path,
                            built(".libs/calc.so"))
    assert status == 1 and "Address already in use" in words, words
    c = socket.socket(socket.AF_UNIX)
    c.connect(path)
    c.close()
    assert s.stop() == 0


def a_path_that_is_another_servers_by_now_stays():
    path = os.path.join(tempdir(), "calc")
    first = Server(RUN, workers=1, listen="unix:" + path)
    os.unlink(path)
    second = Server(RUN, workers=1, listen="unix:" + path)
    assert first.stop() == 0
    assert os.path.exists(path)
    assert second.stop() == 0
    assert not os.path.exists(path)


def wrong_usage():
    for args, words in [
        (["run"], "which module?"),
        (["run", "-w", "none", "x.so"],
         "workers: 'none' is not a number or auto"),
        (["run", "-w", "5000", "x.so"],
         "workers: '5000' is not from 0 to 1024"),
        (["run", "-o", "stop-timeout=10", "x.so"],
         "stop-timeout: '10' is not a time, such as 500ms or 30s"),
        (["run", "-o", "max-frame=1T", "x.so"],
         "max-frame: '1T' is not a number of bytes"),
        (["run", "-o", "no-such=1", "x.so"], "no-such: there is no such setting"),
        (["run", "-o", "workers", "x.so"], "-o wants KEY=VALUE"),
        (["run", "-l", ":1", "-l", ":1", "x.so"], "given twice"),
        (["run", "-l", "nonsense", "x.so"],
         "listen: nonsense: an address is HOST:PORT"),
        (["run", "-z", "x.so"], "no option -z; try --help"),
        (["run", "--no-such=1", "x.so"],
         "no option --no-such; try --help"),
        (["run", "--workers", "4", "x.so"],
         "no option --workers: it is a setting, -o workers=VALUE"),
        (["frobnicate"], "'frobnicate' is no verb"),
        (["status", "--now"], "usage: thriftfork status"),
    ]:
        status, said = refused(*args)
        assert status == 2 and words in said, (args, status, said)


def what_cannot_be_served():
    for args, words in [
        (["run", "/nonexistent.so"], "/nonexistent.so: No such file"),
        (["run", "-l", "300.0.0.1:1", built(".libs/calc.so")],
         "listen 300.0.0.1:1:"),
        (["run", built(".libs/libthriftfork.so")],
         "is not a module: it does not export thriftfork_module"),
        (["status", "-n", "no-such-instance"],
         "no-such-instance does not run"),
    ]:
        status, said = refused(*args)
        assert status == 1 and words in said, (args, status, said)


def winch_is_ignored():
    s = Server(RUN, workers=1)
    s.signal(signal.SIGWINCH)
    connect(s).close()
    assert s.stop() == 0


def help_and_version():
    for args in (["--help"], ["run", "--help"], ["status", "--help"],
                 ["stop", "--help"], ["--version"], ["run", "--version"]):
        out = subprocess.run([built("thriftfork"), *args], check=True,
                             capture_output=True, text=True)
        assert out.stdout and not out.stderr, (args, out)


main([module_under_workers, own_program, stop_verb, quick_stop,
      second_start_is_refused_with_the_pid, same_address_is_refused,
      instance_leaves_no_files, unix_socket,
      unix_socket_of_a_living_server_is_not_taken,
      a_path_that_is_another_servers_by_now_stays, wrong_usage,
      what_cannot_be_served, winch_is_ignored,
      help_and_version])
