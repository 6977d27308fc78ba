#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What people read: call, of an error that comes without a word, and status,
of a method that has never done anything but kill its worker."""

import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import TESTBED, launcher
from harness import Server, built, main, source

CALC_IDL = source("tests/examples/calc/calc.thrift")
TESTBED_IDL = source("tests/system/testbed.thrift")


def call_of_a_mute_server(error):
    """What call says if this is the exception struct of the reply."""
    listener = socket.create_server(("127.0.0.1", 0))
    body = b"\x82\x61\x01\x04ping" + error

    def answer():
        with listener.accept()[0] as c:
            c.recv(1000)
            c.sendall(len(body).to_bytes(4, "big") + body)
            c.recv(1000)

    thread = threading.Thread(target=answer)
    thread.start()
    where = "127.0.0.1:%d" % listener.getsockname()[1]
    done = launcher("call", where, CALC_IDL, "Calculator.ping")
    thread.join()
    listener.close()
    assert done.returncode == 1 and done.stdout == "", done
    head = "thriftfork-call: ping at %s: " % where
    assert done.stderr.startswith(head), done
    return done.stderr[len(head):]


def error_without_a_word():
    for error, said in [
        (b"\x18\x00\x15\x0c\x00", "INTERNAL_ERROR\n"),
        (b"\x25\x0e\x00", "PROTOCOL_ERROR\n"),
        (b"\x18\x00\x00", "UNKNOWN\n"),
        (b"\x00", "UNKNOWN\n"),
        (b"\x25\x54\x00", "TApplicationException of type 42\n"),
        (b"\x25\x01\x00", "TApplicationException of type -1\n"),
        (b"\x18\x03out\x15\x0c\x00", "out\n"),
    ]:
        got = call_of_a_mute_server(error)
        assert got == said, (error, got)


def words_that_a_terminal_obeys():
    """of an error, of a result"""
    got = call_of_a_mute_server(b"\x18\x09a\x1b[2J\n\xc2\x9bb\x00")
    assert got == "a\\x1b[2J\\x0a\\xc2\\x9bb\n", got
    s = Server([built("thriftfork"), "run", TESTBED], workers=1)
    done = launcher("call", s.address, TESTBED_IDL, "Testbed.echo",
                    r'{"text": "\u001b\u007f\u009b\u00a0"}')
    assert done.stdout == '"\\u001b\\u007f\\u009b\u00a0"\n', done
    assert s.stop() == 0


def method_that_only_kills():
    s = Server([built("thriftfork"), "run", TESTBED], workers=1)
    done = launcher("call", s.address, TESTBED_IDL, "Testbed.die",
                    '{"sig": 9}')
    assert done.returncode == 1, done
    s.await_log(r"worker \d+ pid \d+ serves")
    done = launcher("status", "-n", s.name)
    assert re.search(r"^METHOD  .*\nTestbed\.die +1 +0 +1 +0 +- +- +-$",
                     done.stdout, re.M), done.stdout
    method, = [m for m in s.status()["methods"] if m["method"] == "die"]
    assert method["counters"]["aborted"] == 1, method
    assert method["counters"]["calls"] == 0, method
    assert s.stop() == 0


def results_that_nobody_can_have():
    s = Server([built("thriftfork"), "run", TESTBED], workers=1)
    for verb in (["status", "-n", s.name],
                 ["call", s.address, TESTBED_IDL, "Testbed.pid"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([built("thriftfork"), *verb], stdout=full,
                                  stderr=subprocess.PIPE, text=True,
                                  timeout=30)
        assert done.returncode == 1, (verb, done)
        assert done.stderr.endswith(
            "standard output: No space left on device\n"), (verb, done)
    assert s.stop() == 0


def headers_and_settings():
    """-f header, -H and -o; and what is neither of them"""
    s = Server([built("thriftfork"), "run", TESTBED], workers=1)

    def call(*options):
        return launcher("call", *options, s.address, TESTBED_IDL,
                        "Testbed.pid")

    for transforms in ("none", "zlib", "zlib+zlib"):
        done = call("-f", "header", "-H", "a=b=c", "-H", "d=", "-o",
                    "transforms=" + transforms, "-o", "max-frame=1000")
        assert done.returncode == 0, done
        assert int(done.stdout) in s.workers().values(), done
    for options, said in (
            (("-H", "nothing"), "'nothing' is not KEY=VALUE"),
            (("-o", "timeout"), "'timeout' is not KEY=VALUE"),
            (("-o", "nonesuch=1"), "a client has no setting 'nonesuch'"),
            (("-o", "transforms=gzip"), "no such transform"),
            (("-f", "headers"), "framing: 'headers' is none of"),
            (("-H", "big=" + "x" * 70000), "header 'big'")):
        done = call(*options)
        assert done.returncode == 2 and said in done.stderr, (options, done)
    assert s.stop() == 0


def version_everywhere():
    for verb in ("status", "stop", "run", "call", "gen", "top", "bench"):
        done = launcher(verb, "--version")
        assert done.returncode == 0, (verb, done)
        assert done.stdout.startswith("thriftfork"), (verb, done)


main([error_without_a_word, words_that_a_terminal_obeys,
      method_that_only_kills, results_that_nobody_can_have,
      headers_and_settings, version_everywhere])
