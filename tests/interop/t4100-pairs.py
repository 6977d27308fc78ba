#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every pair of protocol and transport that a peer and we both have, over TCP
and unix sockets, both ways: Apache's Python, C++ and JavaScript clients against
one listener of ours for all, and our client against their servers.

A peer is one process that is told rows by its standard input, in lines, and
answers each with a line.  "PEER client CA CERTIFICATE KEY" reads "ADDRESS
PROTOCOL FRAMING LAYERS", calls every kind of method there and prints "ok" or
what is wrong; "PEER server ..." reads the same with "127.0.0.1" or
"unix:PATH" for the address, serves it so, and prints the address."""

import atexit
import fnmatch
import glob
import importlib.util
import os
import select
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import DEADLINE, Server, Skip, built, main, source, tempdir
from tls import Authority, need_localhost

FRAMINGS = ("framed", "unframed", "header", "header+zlib", "http")
LAYERS = ("plain", "zlib", "tls", "tls+zlib")
ROWS = [" ".join((protocol, framing, layers, socket))
        for protocol in ("compact", "binary", "json") for framing in FRAMINGS
        for layers in LAYERS for socket in ("tcp", "unix")]

# What nobody has, and what one side is without: such rows there are not.
NOBODY = ["json header*", "* http *zlib *"]
WITHOUT = {
    "ours": ["* http * unix", "* tls* unix"],
    "python client": ["* http * unix"],
    "python server": ["* http * unix"],
    # 0.17 writes past its buffer where what it inflates gets larger, and in
    # binary hardly anything does not.
    "c++ server": ["binary header+zlib"],
    # Its TLS takes a unix socket as a descriptor that is connected, and cannot
    # open that again, which a oneway over HTTP takes (THRIFT-6021).
    "c++ client": ["* http tls unix"],
    # Its zlib there is not; what Debian's compiler generates flushes past its
    # THeader; and its TLS wants a host and a port.
    "javascript client": ["* *zlib *", "* header *", "* tls unix"],
    "javascript server": ["* *zlib *", "* header *", "* tls unix"],
}
# What a side has beside the rows.
BESIDE = {
    "python client": [
        "%s %s plain tcp" % pair for pair in (
            ("compact-accelerated", "framed"),
            ("compact-accelerated", "unframed"),
            ("binary-accelerated", "framed"),
            ("binary-accelerated", "unframed"),
            ("binary-nonstrict", "framed"), ("binary-nonstrict", "http"))],
    "c++ client": ["binary-nonstrict framed plain tcp"],
}
# What our client leaves out of a row, because that server does it wrong.
LESS = {
    # What gets larger, see above.
    "c++ server": [("compact header+zlib", "small"),
                   # It does not answer a oneway (THRIFT-6021).
                   ("* http *", "no-oneway")],
    # It has the default service or named ones, knows no -0.0 and in JSON no
    # NaN, does not answer a oneway over HTTP either, and reads each boolean of
    # a compact list as false.
    "javascript server": [("*", "no-services no-odd"),
                          ("* http *", "no-oneway"),
                          ("compact *", "no-bools")],
}
NPM = "thrift@0.24.0"
CA = Authority()
CERTIFICATE = CA.issue("server")


def matching(row, patterns):
    return any(fnmatch.fnmatchcase(row, p + "*") for p in patterns)


def rows(*sides):
    without = sum((WITHOUT.get(side, []) for side in sides), NOBODY)
    return [row for row in ROWS if not matching(row, without)] + \
        sum((BESIDE.get(side, []) for side in sides), [])


class Process:
    """One that is told lines and answers each with one."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0)
        atexit.register(self.kill)
        self.got = b""

    def kill(self):
        self.process.kill()
        return self.process.wait()

    def tell(self, *words):
        self.process.stdin.write((" ".join(words) + "\n").encode())

    def answer(self):
        while b"\n" not in self.got:
            out = self.process.stdout
            more = os.read(out.fileno(), 65536) \
                if select.select([out], [], [], DEADLINE)[0] else b""
            assert more != b"", "no answer: status %d" % self.kill()
            self.got += more
        line, self.got = self.got.split(b"\n", 1)
        return line.decode()

    def end(self):
        self.process.stdin.close()
        return self.process.wait(DEADLINE)


def python_peer():
    if importlib.util.find_spec("thrift") is None:
        raise Skip("no python3-thrift")
    if shutil.which("thrift") is None:
        raise Skip("no thrift compiler (package thrift-compiler)")
    return [sys.executable, source("tests/interop/echo_py.py")]


def cpp_peer():
    for command, package in (("thrift", "thrift-compiler"), ("g++", "g++")):
        if shutil.which(command) is None:
            raise Skip("no %s (package %s)" % (command, package))
    if not os.path.exists("/usr/include/thrift/TProcessor.h"):
        raise Skip("no C++ library (package libthrift-dev)")
    out = tempdir()
    subprocess.run(["thrift", "--gen", "cpp:no_skeleton", "-out", out,
                    source("tests/interop/echo.thrift")], check=True,
                   stdout=subprocess.DEVNULL)
    files = [os.path.join(out, f) for f in
             ("Base.cpp", "Echo.cpp", "echo_types.cpp")] + \
        [source("tests/interop/" + f) for f in
         ("echo_cpp.cc", "echo_cpp_stack.cc")]
    at_once = [subprocess.Popen(["g++", "-std=c++17", "-O0", "-w", "-I", out,
                                 "-c", f], cwd=out) for f in files]
    assert [p.wait() for p in at_once] == [0] * len(files)
    path = os.path.join(out, "echo_cpp")
    subprocess.run(["g++", "-o", path] +
                   glob.glob(os.path.join(out, "*.o")) +
                   ["-lthriftz", "-lthrift", "-lz", "-lpthread"], check=True)
    return [path]


def javascript_peer():
    # Debian's package of npm is not asked for: it brings hundreds along.
    for command in "npm", "node":
        if shutil.which(command) is None:
            raise Skip("no " + command)
    if shutil.which("thrift") is None:
        raise Skip("no thrift compiler (package thrift-compiler)")
    out = tempdir()
    try:
        subprocess.run(["npm", "install", "--prefix", out, "--no-audit",
                        "--no-fund", "--no-save", "--ignore-scripts",
                        "--fetch-retries=0", NPM], check=True, timeout=60,
                       stdin=subprocess.DEVNULL, capture_output=True)
    except subprocess.SubprocessError:
        raise Skip("npm cannot install %s" % NPM) from None
    subprocess.run(["thrift", "--gen", "js:node,es6", "-out", out,
                    source("tests/interop/echo.thrift")], check=True,
                   stdout=subprocess.DEVNULL)
    return ["env", "NODE_PATH=%s:%s" % (os.path.join(out, "node_modules"),
                                        out),
            "node", source("tests/interop/echo_node.js")]


class Peer:
    """A peer's both sides, and ours to each of them."""

    def __init__(self, name, build, *options):
        self.name, self.build, self.options = name, build, options
        self.client, self.server = name + " client", name + " server"
        self.dir, self.failure = tempdir(), None

    def launch(self):
        """Now, so that what is not there has one case and not all rows."""
        try:
            self.command = self.build()
            self.launch_client()
            self.launch_server()
        except Exception as e:
            self.failure = e

    def side(self, which):
        return Process(*self.command, which, CA.ca, *CERTIFICATE)

    def launch_client(self):
        unix = "unix:" + os.path.join(self.dir, "ours")
        self.ours = Server(
            [built("thriftfork"), "run", built(".libs/echo.so")], "-l", unix,
            "-o", "tls-certificate=" + CERTIFICATE[0], "-o",
            "tls-key=" + CERTIFICATE[1], "-o", "tls-client-ca=" + CA.ca,
            *self.options, workers=1)
        self.theirs = self.side("client")
        for row in rows(self.client):
            protocol, framing, layers, socket = row.split()
            self.theirs.tell(unix if socket == "unix" else self.ours.address,
                             protocol, framing, layers)

    def launch_server(self):
        self.serving = self.side("server")
        self.calling = Process(built("echo_client"))
        wanted = rows("ours", self.server)
        for i, row in enumerate(wanted):
            protocol, framing, layers, socket = row.split()
            self.serving.tell("unix:%s/%d" % (self.dir, i)
                              if socket == "unix" else "127.0.0.1",
                              protocol, framing, layers)
        for row in wanted:
            self.calling.tell(*self.call(self.serving.answer(), row))

    def call(self, address, row):
        """The words for our client."""
        protocol, framing, layers, _ = row.split()
        framing, _, transforms = framing.partition("+")
        if framing == "http":
            words = ["http%s://%s/any" % ("s" if "tls" in layers else "",
                                          address)]
        else:
            words = [("tls://" if "tls" in layers else "") + address,
                     "framing=" + framing]
        if transforms:
            words.append("transforms=" + transforms)
        if "zlib" in layers:
            words.append("zlib=yes")
        if "tls" in layers:
            words.append("tls-ca=" + CA.ca)
        return words + ["protocol=" + protocol] + \
            [less for pattern, less in LESS.get(self.server, ())
             if matching(row, [pattern])]

    def case(self, name, row, process):
        def run():
            said = getattr(self, process).answer()
            if said != "ok" and "tls" in row:
                need_localhost()
            assert said == "ok", said
        run.__name__ = name + row
        return run

    def starts(self):
        def run():
            if self.failure is not None:
                raise self.failure
        run.__name__ = self.name + " starts"
        return run

    def end(self):
        for process in self.theirs, self.serving, self.calling:
            assert process.end() == 0, process
        counters = self.ours.status()["counters"]
        assert counters["tls_handshakes"] >= sum(
            " tls" in row for row in rows(self.client)), counters
        assert counters["tls_errors"] == 0, counters
        assert counters["protocol_errors"] == 0, counters
        assert self.ours.stop() == 0

    def ends(self):
        def run():
            try:
                self.end()
            except AssertionError:
                need_localhost()        # or what was skipped is missing here
                raise
        run.__name__ = self.name + " ends in order"
        return run

    def cases(self):
        if self.failure is not None:
            return [self.starts()]
        return [self.starts()] + \
            [self.case(self.client + ": ", row, "theirs")
             for row in rows(self.client)] + \
            [self.case("our client, %s: " % self.server, row, "calling")
             for row in rows("ours", self.server)] + [self.ends()]


PEERS = [
    Peer("python", python_peer, "-o", "zlib-replies=yes"),
    # No zlib-replies: 0.17 writes past its buffer (CVE-2026-55971).
    Peer("c++", cpp_peer),
    Peer("javascript", javascript_peer),
]
for peer in PEERS:
    peer.launch()
main([c for peer in PEERS for c in peer.cases()])
