#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples that README and the manuals show, as their readers run them."""

import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, Skip, built, main, source, tempdir

RUN = [built("thriftfork"), "run"]


def call(address, idl, method, args=None, rc=0):
    done = subprocess.run(
        [built("thriftfork"), "call", address, source(idl), method] +
        ([json.dumps(args)] if args else []), capture_output=True, text=True,
        timeout=60)
    assert done.returncode == rc, done
    return done.stdout.strip() if rc == 0 else done.stderr.strip()


def hello():
    s = Server(RUN + [built(".libs/hello.so")], workers=1)
    out = call(s.address, "tests/examples/hello/hello.thrift",
               "Greeter.greet", {"name": "world"})
    assert out == '"Hello, world!"', out
    assert s.stop() == 0


def calculator_and_its_client():
    s = Server(built("calc"), workers=1)
    out = subprocess.run([built("calc-client"), s.address], check=True,
                         capture_output=True, text=True)
    assert out.stdout == "DIV: division by zero\n", out
    assert s.stop() == 0


def embedded():
    path = os.path.join(tempdir(), "embed")
    p = subprocess.Popen([built("embed"), "unix:" + path, "1"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
    while "serves" not in p.stderr.readline():
        assert p.poll() is None
    out = call("unix:" + path, "tests/examples/hello/hello.thrift",
               "Greeter.greet", {"name": "you"})
    assert out == '"Hello you, from a host"', out
    p.send_signal(signal.SIGTERM)
    out, _ = p.communicate(timeout=30)
    assert p.returncode == 0 and "now for something else" in out, out


def hooks_let_a_friend_call():
    path = os.path.join(tempdir(), "hooks")
    s = Server(RUN + [built(".libs/hooks.so")], workers=1,
               listen="unix:" + path)
    for number in (1, 2):
        out = call("unix:" + path, "tests/examples/hello/hello.thrift",
                   "Greeter.greet", {"name": "friend"})
        assert out == '"Hello, friend, uid %d, number %d!"' % \
            (os.getuid(), number), out
    assert s.stop() == 0


def hooks_refuse_a_stranger():
    s = Server(RUN + [built(".libs/hooks.so")], workers=1)
    out = call(s.address, "tests/examples/hello/hello.thrift",
               "Greeter.greet", {"name": "stranger"}, rc=1)
    assert re.search(r"127\.0\.0\.1:\d+: stranger may not call greet", out), out
    method, = [m for m in s.status()["methods"] if m["method"] == "greet"]
    assert s.stop() == 0


def call_reads_standard_input():
    s = Server(RUN + [built(".libs/hello.so")], workers=1)
    done = subprocess.run(
        [built("thriftfork"), "call", s.address,
         source("tests/examples/hello/hello.thrift"), "Greeter.greet", "-"],
        input='{"name": "pipe"}', capture_output=True, text=True)
    assert done.stdout == '"Hello, pipe!"\n', done
    assert s.stop() == 0


def call_says_what_is_wrong():
    idl = source("tests/examples/hello/hello.thrift")
    for args, rc, words in [
        ([":1", idl, "Greeter.greet"], 1, "greet at :1: connect: Connection "
         "refused (after 0 ms)"),
        (["nonsense", idl, "Greeter.greet"], 1, "an address is HOST:PORT"),
        ([":1", idl, "Greeter.nope"], 2, "there is no method Greeter.nope\n"),
        ([":1", idl, "Greeter.greets"], 2,
         "there is no method Greeter.greets: did you mean 'greet'?"),
        ([":1", idl, "Greater.greet"], 2,
         "there is no service Greater: did you mean 'Greeter'?"),
        ([":1", idl, "Greeter.greet", '{"name": [1]}'], 2,
         "the arguments of greet: name: offset 9: "),
        ([":1", idl, "greet"], 2, "'greet' is not SERVICE.METHOD"),
        ([":1", idl, "Greeter.greet", "{"], 2, "the arguments of greet"),
        ([":1", idl, "Greeter.greet", '{"nme": ""}'], 2, "no such field"),
        ([":1", idl, "Greeter.greet", '{"name": ""} x'], 2,
         "offset 13: text after the end"),
        (["-p", "morse", ":1", idl, "Greeter.greet"], 2,
         "protocol: 'morse' is none of compact, binary and json"),
        (["-f", "gilded", ":1", idl, "Greeter.greet"], 2,
         "framing: 'gilded' is none of framed, unframed and"),
        (["-T", "5", ":1", idl, "Greeter.greet"], 2,
         "timeout: '5' is not a time"),
        ([":1", "/nonexistent.thrift", "Greeter.greet"], 1,
         "nonexistent.thrift"),
        ([], 2, "usage: thriftfork call"),
    ]:
        done = subprocess.run([built("thriftfork"), "call", *args],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == rc and words in done.stderr, (args, done)


main([hello, calculator_and_its_client, embedded, hooks_let_a_friend_call,
      hooks_refuse_a_stranger, call_reads_standard_input,
      call_says_what_is_wrong])
