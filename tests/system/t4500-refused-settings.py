#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Settings that are refused before anything runs: files that are none, users
that nobody is; and a shell's pipe, which is read."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import CALC, launcher, refused, written
from harness import Skip, built, main, tempdir

NO_FILE = ": neither a file nor a pipe without a name"


def fifo_is_not_waited_for():
    d = tempdir()
    os.mkfifo(d + "/fifo")
    said = refused(2, "thriftfork run: " + d + "/fifo" + NO_FILE, "run", "-c",
                   d + "/fifo", CALC)
    assert said.count("\n") == 1, said
    # Nor is one that somebody might yet write to.
    keep = os.open(d + "/fifo", os.O_RDWR)
    refused(2, d + "/fifo" + NO_FILE, "run", "-c", d + "/fifo", CALC)
    os.close(keep)


def devices():
    refused(2, "/dev/zero" + NO_FILE, "run", "-c", "/dev/zero", CALC)
    done = launcher("run", "-t", "-c", "/dev/null", CALC)
    assert done.returncode == 0, done


def pipe_of_a_shell():
    if not os.path.exists("/bin/bash"):
        raise Skip("no bash")
    for program in ('"$1" run -t -c <(echo "$0") "$2"',
                    'exec 7< <(echo "$0"); "$1" run -t -c /dev/fd/7 "$2"',
                    'echo "$0" | "$1" run -t -c /dev/stdin "$2"'):
        for text, status, words in [("workers 2", 0, ""),
                                    ("workers x", 2, ":1: workers: 'x'")]:
            done = subprocess.run(["bash", "-c", program, text,
                                   built("thriftfork"), CALC], timeout=30,
                                  capture_output=True, text=True)
            assert done.returncode == status, (program, done)
            assert words in done.stderr, (program, done)


def nobody_is_that_user():
    conf = written(tempdir(), "conf", "user no-such-user\n")
    for args, words in [
        (["-o", "user=no-such-user"], "user: there is no user 'no-such-user'"),
        (["-o", "user=4294967294"], "user: there is no user '4294967294'"),
        (["-c", conf], "user: there is no user 'no-such-user'"),
        (["-o", "group=no-such-group"],
         "group: there is no group 'no-such-group'"),
    ]:
        for more in ([], ["-t"]):
            said = refused(2, "thriftfork run: " + words, "run", *more, *args,
                           CALC)
            assert said.count("\n") == 1, said
    done = subprocess.run([built("calc"), "-o", "user=no-such-user"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 2, done


main([fifo_is_not_waited_for, devices, pipe_of_a_shell, nobody_is_that_user])
