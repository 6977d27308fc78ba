#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Apache's C++ library (libthrift-dev) against our server over every dialect
and a unix socket, and our client against its server."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, Skip, built, main, source, tempdir

DIALECTS = [(p, f) for p in ("compact", "binary", "json")
            for f in ("framed", "unframed", "http")] + \
    [(p, f) for p in ("compact", "binary") for f in ("header", "header+zlib")]
peer = server = None


def build_peer():
    """the C++ side is generated and compiled"""
    global peer
    for command, package in (("thrift", "thrift-compiler"), ("g++", "g++")):
        if shutil.which(command) is None:
            raise Skip("no %s (package %s)" % (command, package))
    if not os.path.exists("/usr/include/thrift/TProcessor.h"):
        raise Skip("no C++ library (package libthrift-dev)")
    out = tempdir()
    subprocess.run(["thrift", "--gen", "cpp:no_skeleton", "-out", out,
                    source("tests/interop/echo.thrift")], check=True,
                   stdout=subprocess.DEVNULL)
    path = os.path.join(out, "echo_cpp")
    subprocess.run(["g++", "-std=c++17", "-O0", "-w", "-I", out, "-o", path,
                    source("tests/interop/echo_cpp.cc")] +
                   [os.path.join(out, f) for f in
                    ("Base.cpp", "Echo.cpp", "echo_types.cpp")] +
                   ["-lthriftz", "-lthrift", "-lz", "-lpthread"], check=True)
    peer = path


def needs():
    global server
    if peer is None:
        raise Skip("no C++ peer")
    if server is None:
        path = os.path.join(tempdir(), "echo")
        server = Server([built("thriftfork"), "run", built(".libs/echo.so")],
                        "-l", "unix:" + path, workers=1)
        server.unix = path


def their_client(protocol, framing, *service):
    def run():
        needs()
        subprocess.run([peer, "client", str(server.port), protocol, framing,
                        *service], check=True, timeout=60)
    run.__name__ = " ".join(["their client,", protocol, framing, *service])
    return run


def their_client_over_a_unix_socket():
    needs()
    subprocess.run([peer, "client", server.unix, "compact", "framed"],
                   check=True, timeout=60)


def ends_in_order():
    needs()
    assert server.stop() == 0


def our_client(protocol, framing):
    def run():
        if peer is None:
            raise Skip("no C++ peer")
        theirs = subprocess.Popen([peer, "server", protocol, framing],
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        port = int(theirs.stdout.readline())

        def call(method, args, rc=0, service=""):
            done = subprocess.run(
                [built("thriftfork-call"), "-p", protocol, "-s", service] +
                (["http://127.0.0.1:%d/x" % port] if framing == "http" else
                 ["-f", framing.partition("+")[0], "-o", "transforms=" +
                  (framing.partition("+")[2] or "none"),
                  "127.0.0.1:%d" % port]) +
                [source("tests/interop/echo.thrift"), "Echo." + method,
                 json.dumps(args)], capture_output=True,
                text=True, timeout=60)
            assert done.returncode == rc, done
            return json.loads(done.stdout) if done.stdout else done.stderr
        inner = {"number": 2**31 - 1, "text": "\u00e9"}
        text, inners = "x" * 70000, [inner] * 30
        if "zlib" in framing:
            # 0.17 corrupts its memory by what gets larger when inflated.
            text, inners = "abcdefghijklmnopqrstuvwxyz", [inner]
        for method, v in (("echo_i64", -2**63), ("echo_double", 5e-324),
                          ("echo_string", text),
                          ("echo_list", inners),
                          ("echo_set", ["a", "b"]),
                          ("echo_map", {"1": "one", "2": "two"}),
                          ("echo_map_of_lists", {"a": [1, 2, 3], "b": []}),
                          ("echo_union", {"inner": inner}),
                          ("echo_enum", "BLUE")):
            assert call(method, {"v": v}) == v, method
        assert 'threw Refused {"code":9,"why":"x"}' in \
            call("refuse", {"code": 9, "why": "x"}, rc=1)
        assert "boo" in call("fail", {"why": "boo"}, rc=1)
        assert call("inherited", {"text": "x"}) == "base x"
        assert call("inherited", {"text": "x"}, service="named") == "named x"
        assert 'threw Refused {"code":9,"why":"x"}' in \
            call("refuse", {"code": 9, "why": "x"}, rc=1, service="named")
        assert "nobody" in call("nothing", {}, rc=1, service="nobody")
        theirs.communicate(timeout=30)
    run.__name__ = "our client, their server, %s %s" % (protocol, framing)
    return run


main([build_peer] +
     [their_client(p, f) for p, f in DIALECTS +
      [("binary-nonstrict", "framed")]] +
     [their_client(p, f, s) for p, f in DIALECTS
      for s in ("first", "second")] +
     [their_client_over_a_unix_socket, ends_in_order] +
     # In binary hardly anything fails to get larger, see there.
     [our_client(p, f) for p, f in DIALECTS
      if (p, f) != ("binary", "header+zlib")])
