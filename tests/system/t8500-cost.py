#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a call costs a worker in instructions, system calls and readings of the
clock, and how much of that is counting: a ping, and a call with a struct and a
list, framed and compact, on one connection.  No time is measured, so a busy
machine finds the same.  A limit that is passed on purpose is moved, and the
commit says why; one that has become wide is drawn closer.  What the kernel
executes is not among it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import frame, text, varint
from callgrind import call, connect, need, one_call
from daemon import written
from harness import Server, main, released, tempdir

DEPTH = 16
BATCHES = 100
PING = 1000                     # instructions, DEPTH at a time
CALCULATE = 2350                # and the copy that its handler keeps
STRUCT = 275                    # of a number and a string, in a list
UNFRAMED = 390                  # where the end of the message is looked for
COUNTING = 60                   # of them; and one reading of the clock
TRIPS = 3                       # for a batch: wait, read, write
RECORDING = 50                  # instructions, in an own histogram
SLACK = 0.05                    # timers may come in between

measured = {}


def profile(build=""):
    """One ping, by the optimized build or a part of it."""
    need("valgrind", "objdump")
    if build not in measured:
        released(build, ".libs", "thriftfork")
        measured[build] = one_call(released(build),
                                   released(".libs", "calc.so"),
                                   BATCHES * DEPTH, DEPTH)
    return measured[build]


def say(fmt, *args):
    print("# " + fmt % args, flush=True)


def within(n, limit):
    say("%.1f instructions, of at most %d", n, limit)
    assert 0.9 * limit < n <= limit, n


def instructions():
    """of a ping"""
    within(profile().total(), PING)


def values():
    """of a call that brings a struct, a list and six strings or so"""
    need("valgrind", "objdump")
    work = b"\x15\x0e\x15\x10\x15\x02\x18\x0b" + b"some remark" + b"\0"
    tags = b"\x38" + b"".join(varint(len(s)) + s for s in (
        b"one", b"a tag of some length", b"twenty-seven characters long"))
    p = one_call(released(), released(".libs", "calc.so"), BATCHES * DEPTH,
                 DEPTH, message=frame("calculate", b"\x15\x02\x1c" + work +
                               b"\x19" + tags + b"\0"))
    within(sum(n for (name, _), n in p.instructions.items()
               if "libthriftfork" in name), CALCULATE)


def struct_of(n, framed):
    """Instructions for each of n structs in a list that is echoed."""
    need("valgrind", "objdump")
    struct = b"\x15" + varint(2 * 1000) + b"\x18\x0bsome remark\0"
    m = frame("echo_list", b"\x19\xfc" + varint(n) + n * struct + b"\0")
    how = {"message": m}
    if not framed:              # a result's id, 0, takes a byte more
        how = {"message": m[4:], "answer": len(m[4:]) + 1}
    return one_call(released(), released(".libs", "echo.so"), 100, 1,
                    **how).total() / n


def structs():
    """of a call that echoes a list of 100 structs, for each of them"""
    within(struct_of(100, True), STRUCT)


def unframed_structs():
    """of the same without a frame, whose end is looked for first"""
    within(struct_of(100, False), UNFRAMED)


def counting():
    """against a build that counts nothing"""
    total, reads, clock = [], [], []
    for build in ("", "uncounted"):
        p = profile(build)
        total.append(sum(p.instructions.values()))
        n, code = p.clock()
        reads.append(n)
        clock.append(code)
    reads, clock = reads[0] - reads[1], clock[0] - clock[1]
    n = total[0] - total[1] - clock
    say("%.1f instructions of %.1f are counting, and %.1f are %.2f readings "
        "of the clock", n, total[0], clock, reads)
    assert 0 < n <= COUNTING, n
    assert 0 < reads <= 1 + SLACK, reads


def locks():
    """no instruction of the library's that is locked"""
    library = os.path.realpath(released(".libs", "libthriftfork.so"))
    found = profile().locked(library)
    assert not found, found


def recording():
    """in a histogram of the program's own, which takes no lock either"""
    need("valgrind", "objdump")
    module = released(".libs", "locks.so")
    declared = written(tempdir(), "declared", "ns lookup rows found")
    p = one_call(released(), module, BATCHES * DEPTH, DEPTH, declared)
    n = sum(count for (file, function), count in p.code.items()
            if function == "own_record" or function.startswith("tf_record"))
    say("%.1f instructions to record a value, of at most %d", n / 2, RECORDING)
    assert 0 < n / 2 <= RECORDING, n
    found = p.locked(os.path.realpath(released(".libs", "libthriftfork.so")))
    assert not found, found


def answered_later():
    """does not take another call's worth of memory for each, nor a write"""
    need("valgrind", "objdump")
    p = one_call(released(), released(".libs", "testbed.so"), BATCHES * DEPTH,
                 DEPTH, message=frame("later", text("post")[:-1] + text("x")))
    anew = p.calls.get("call_new", 0)
    say("%.2f of %.2f are made anew", anew, p.calls["tf_later"])
    assert p.calls["tf_later"] == 1 and anew <= SLACK, p.calls
    say("%.2f writes for %d", p.system_calls["send"] * DEPTH, DEPTH)
    assert p.system_calls["send"] * DEPTH <= 1 + SLACK, p.system_calls


def system_calls():
    """as callgrind sees them"""
    p = profile()
    trips = {name: n * DEPTH for name, n in p.system_calls.items()
             if not name.startswith("clock_gettime")}
    say("of a batch of %d: %s", DEPTH, ", ".join(
        "%.2f %s" % (n, name) for name, n in trips.items()))
    assert TRIPS - SLACK <= sum(trips.values()) <= TRIPS + SLACK, trips


def system_calls_counted():
    """as the worker counts them itself, for one call and for a batch"""
    s = Server([released("thriftfork"), "run"], released(".libs", "calc.so"),
               workers=1)
    with connect(s) as c:
        for depth in (1, DEPTH):
            before = s.status()["counters"]
            call(c, BATCHES * depth, depth)
            after = s.status()["counters"]
            n = sum(after[k] - before[k] for k in ("reads", "writes",
                                                   "loop_wakeups"))
            say("%d deep: %.3f for a call", depth, n / BATCHES / depth)
            assert TRIPS <= n / BATCHES <= TRIPS + SLACK, (n, before, after)
    assert s.stop() == 0


main([instructions, values, structs, unframed_structs, counting, locks,
      recording, answered_later, system_calls, system_calls_counted])
