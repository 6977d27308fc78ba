# SPDX-License-Identifier: Apache-2.0
"""A server under callgrind, and what its profile says.  Counts of instructions
and of system calls are the same on every machine that builds the same, however
busy it is; what a call takes is the difference of two runs, of which one has
more calls."""

import collections
import os
import re
import shutil
import socket
import struct
import subprocess

from bed import frame
from harness import DEADLINE, Server, Skip, tempdir

# Of any line: a name is written out where it is used first.
NAME = re.compile(r"c?(fl|fi|fe|fn|ob)=\((\d+)\)(?: (.*))?$")
KIND = {"fl": "file", "fi": "file", "fe": "file", "fn": "function",
        "ob": "object"}


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Skip("no " + program)


class Profile:
    """(object, address) and (file, function) -> instructions, function ->
    times it was called, and system calls that it made."""

    def __init__(self, path):
        self.instructions = collections.Counter()
        self.code = collections.Counter()
        self.stubs = set()              # without a name, and call the clock
        self.calls = collections.Counter()
        self.system_calls = collections.Counter()
        self.names = {}
        self.at = {}                    # what the lines are about
        self.address = 0
        with open(path) as f:
            for line in f:
                self.take(line.rstrip("\n"), f)

    def take(self, line, rest):
        match = NAME.match(line)
        if match:
            kind, number, name = match.groups()
            if name is not None:
                self.names[KIND[kind], number] = name
            what = line[0] == "c", KIND[kind]
            self.at[what] = self.names[KIND[kind], number]
        elif line.startswith("calls="):
            callee = self.at[True, "function"]
            self.calls[callee] += int(line[len("calls="):].split()[0])
            caller = self.at[False, "function"]
            if callee.startswith("clock_gettime") and \
                    caller.startswith("0x"):
                self.stubs.add(caller)
            self.cost(next(rest))       # what it took is told there, too
        elif line and line[0] in "0+-*":
            cost = self.cost(line) + [0, 0]
            self.instructions[self.at[False, "object"], self.address] += \
                cost[0]
            function = self.at[False, "function"]
            self.code[os.path.basename(self.at[False, "file"]),
                      function] += cost[0]
            self.system_calls[function] += cost[1]

    def cost(self, line):
        """Also goes to the address, which may be relative."""
        words = line.split()
        if words[0] != "*":
            base = 0 if words[0].startswith("0x") else self.address
            self.address = base + int(words[0], 0)
        return [int(w) for w in words[2:]]

    def since(self, before, calls):
        """What one call took, of so many that this one has more."""
        for name in ("instructions", "code", "calls", "system_calls"):
            mine, other = getattr(self, name), getattr(before, name)
            setattr(self, name, {k: (n - other[k]) / calls
                                 for k, n in mine.items() if n != other[k]})
        return self

    def total(self):
        return sum(self.instructions.values())

    def clock(self):
        """How often the clock is read, and what that takes, but for the
        kernel's part."""
        reads = sum(n for name, n in self.calls.items()
                    if name.startswith("clock_gettime"))
        code = sum(n for (file, function), n in self.code.items()
                   if file == "clock.h" or function in self.stubs or
                   function.startswith("clock_gettime"))
        # A stub calls it as well.
        return reads - sum(n for name, n in self.calls.items()
                           if name in self.stubs), code

    def locked(self, path):
        """Instructions of that library which are locked, and which at least
        every second call has executed."""
        mine = {address for (name, address), n in self.instructions.items()
                if os.path.basename(name) == os.path.basename(path) and
                n >= 0.5}
        assert mine, path
        code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path],
                              check=True, capture_output=True, text=True)
        found = re.findall(r"^ *([0-9a-f]+):\s+(lock .*|xchg .*\(.*)",
                           code.stdout, re.MULTILINE)
        return [what for at, what in found if int(at, 16) in mine]


PING = frame("ping")


def call(connection, calls, depth, message=PING, answer=None):
    """So many times, so many at a time; answer is its size, without frames."""
    with connection.makefile("rb") as answers:
        for _ in range(calls // depth):
            connection.sendall(message * depth)
            for _ in range(depth):
                size = answer
                if answer is None:
                    size, = struct.unpack(">I", answers.read(4))
                assert len(answers.read(size)) == size, "closed"


def connect(server):
    c = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return c


def serve(build, module, *args, more=(), options=(), **how):
    """A server with these options that callgrind, with more of its own, looks
    at, and where it will have written what; the module has these arguments.
    It serves in one process: callgrind does not know what a master calls."""
    out = os.path.join(tempdir(), "out")
    libs = os.path.join(build, ".libs")
    os.environ["LD_LIBRARY_PATH"] = libs
    try:
        s = Server(["valgrind", "-q", "--tool=callgrind", "--dump-instr=yes",
                    "--collect-systime=yes", "--callgrind-out-file=" + out,
                    *more, os.path.join(libs, "thriftfork"), "run", *options],
                   module, *args, workers=0, **how)
    finally:
        del os.environ["LD_LIBRARY_PATH"]
    return s, out


def profile(build, module, calls, depth, *args, **how):
    """Of a server that has been called so often."""
    s, out = serve(build, module, *args)
    with connect(s) as c:
        call(c, calls, depth, **how)
    assert s.stop() == 0, s.drain_log()
    return Profile(out)


def in_parts(function, build, module, *args, **how):
    """A server; when it has stopped, profiles() tells what it did from each
    call of that function to the next, from the first one on."""
    s, out = serve(build, module, *args, more=["--dump-before=" + function],
                   **how)

    def profiles():
        assert s.stop() == 0, s.drain_log()
        parts = len(os.listdir(os.path.dirname(out))) - 1
        return [Profile("%s.%d" % (out, n + 1))
                for n in range(1, parts)] + [Profile(out)]
    return s, profiles


def one_call(build, module, calls, depth, *args, **how):
    """What one call takes of so many more."""
    before = profile(build, module, calls, depth, *args, **how)
    return profile(build, module, 2 * calls, depth, *args,
                   **how).since(before, calls)
