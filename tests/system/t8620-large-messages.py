#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Large messages: what a byte costs does not depend on how many there are, and
the memory that they took is given back while their connections stay.

TF_LARGE is the size in MB that is looked at, TF_PEERS the number of
connections that each have one answered."""

import os
import socket
import struct
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import fifo, frame, text, varint
from callgrind import in_parts, need
from daemon import descriptors, proc
from harness import DEADLINE, Server, main, released, until

LARGE = int(float(os.environ.get("TF_LARGE", "3")) * (1 << 20))
PEERS = int(os.environ.get("TF_PEERS", "12"))
SMALL = 1 << 18
GROWTH = 1.1                    # of the instructions for a byte, and
COPIES = 1.5                    # those of a copy or two that small ones need
                                # not, or of another kind of copy
LEFT_KB = 1024                  # of a worker that had large messages
PILES = (40, 320)               # replies; callgrind has 500 threads at most
PIECE = 1 << 16                 # of which each is so large
EACH = 100                      # seconds more that a call may take


# ---- messages of about so many bytes; a reply is as long as its call

def text_of(size, compact):
    body = b"x" * size
    if compact:
        return b"\x18" + varint(size) + body + b"\0"
    return b"\x0b\0\1" + struct.pack(">I", size) + body + b"\0"


def structs_of(size, compact):
    """a list of them"""
    if compact:
        one = b"\x15\xd0\x0f\x18\x08abcdefgh\0"
        n = size // len(one)
        return b"\x19\xfc" + varint(n) + one * n + b"\0"
    one = b"\x08\0\1\0\0\3\xe8\x0b\0\2\0\0\0\x08abcdefgh\0"
    n = size // len(one)
    return b"\x0f\0\1\x0c" + struct.pack(">I", n) + one * n + b"\0"


def numbers_of(size, compact):
    """the only list of a map"""
    if compact:
        n = size // 5
        return b"\x1b\x01\x89\x01a\xf5" + varint(n) + \
            b"\xff\xff\xff\xff\x0f" * n + b"\0"
    n = size // 4
    return b"\x0d\0\1\x0b\x0f\0\0\0\1\0\0\0\1a\x08" + struct.pack(">I", n) + \
        b"\x12\x34\x56\x78" * n + b"\0"


KINDS = {"text": ("echo_string", text_of), "structs": ("echo_list", structs_of),
         "numbers": ("echo_map_of_lists", numbers_of)}


def message(kind, size, compact=True, framed=True):
    method, args = KINDS[kind]
    if compact:
        data = b"\x82\x21\x07" + varint(len(method)) + method.encode()
    else:
        data = struct.pack(">II", 0x80010001, len(method)) + \
            method.encode() + struct.pack(">I", 7)
    data += args(size, compact)
    return struct.pack(">I", len(data)) + data if framed else data


def connect(server):
    """The kernel holds little of what is on its way there: many reads."""
    c = socket.socket(socket.AF_UNIX)
    c.settimeout(DEADLINE + EACH)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
    c.connect(server.address[len("unix:"):])
    return c


def echoed(c, data):
    sender = threading.Thread(target=c.sendall, args=(data,))
    sender.start()
    left = len(data)
    while left > 0:
        piece = c.recv(1 << 20)
        assert piece, "the server has closed the connection"
        left -= len(piece)
    sender.join()


def path():
    return "unix:" + os.path.join(tempfile.mkdtemp(prefix="tf-test-"), "s")


# ---- cases

def linear():
    """what is executed for a byte does not grow with their number"""
    need("valgrind")
    s, profiles = in_parts("conn_new", released(),
                           released(".libs", "echo.so"), listen=path())
    asked = [(kind, compact, framed, size) for kind in KINDS
             for compact, framed in ((True, True), (False, True),
                                     (True, False))
             for size in (SMALL, LARGE)]
    for kind, compact, framed, size in asked:
        with connect(s) as c:
            echoed(c, message(kind, size, compact, framed))
    each = [p.total() / size for (*_, size), p in zip(asked, profiles())]
    assert len(each) == len(asked), each
    for i in range(0, len(asked), 2):
        kind, compact, framed, _ = asked[i]
        what = "%s, %s, %s" % (kind, "compact" if compact else "binary",
                               "framed" if framed else "bare")
        print("# %s: %.2f and %.2f instructions for a byte" % (
            what, each[i], each[i + 1]), flush=True)
        assert each[i + 1] <= GROWTH * each[i] + COPIES, what


def replies_that_nobody_reads():
    """gather at the same cost, however many they are"""
    need("valgrind")
    s, profiles = in_parts(
        "conn_new", released(), released(".libs", "testbed.so"), listen=path(),
        options=["-o", "max-in-flight-per-connection=%d" % (PILES[1] + 1)])
    for n in PILES:
        where = fifo()
        held = os.open(where, os.O_RDWR)
        c = connect(s)
        c.sendall(frame("later", b"\x18" + varint(len(where)) +
                        where.encode() + text("y" * PIECE)) * n)
        until(lambda: list(descriptors(s.pid).values()).count(where) == n,
              "all wait")
        os.close(held)
        until(lambda: len(os.listdir("/proc/%d/task" % s.pid)) == 1,
              "all have an answer")
        # By then the loop has been told; what it does first is done with this.
        with connect(s) as other:
            other.sendall(frame("pid"))
            assert other.recv(100)
        c.close()
    parts = profiles()
    parts = [a.total() + b.total() for a, b in zip(parts[::2], parts[1::2])]
    each = [n / many / PIECE for n, many in zip(parts, PILES)]
    print("# %.2f and %.2f instructions for a byte of %d and of %d" % (
        *each, *PILES), flush=True)
    assert each[1] <= GROWTH * each[0], each


def memory(pid):
    return int(proc(pid, "status")["RssAnon"].split()[0])


def given_back():
    """by the worker, while connections that had one stay open"""
    s = Server([released("thriftfork"), "run"], released(".libs", "echo.so"),
               workers=1, listen=path())
    pid, = s.workers().values()
    idle = [connect(s)]
    echoed(idle[0], message("text", 100))
    before = memory(pid)
    for peers in (1, PEERS):
        for kind in KINDS:
            for _ in range(peers):
                idle.append(connect(s))
                echoed(idle[-1], message(kind, LARGE))
            most = memory(pid)
            until(lambda: memory(pid) < before + LEFT_KB, "it is given back")
            print("# %s: %d kB, then %d, and %d with %d connections" % (
                kind, before, most, memory(pid), len(idle)), flush=True)
    echoed(idle[1], message("text", 100))
    for c in idle:
        c.close()
    assert s.stop() == 0


main([linear, replies_that_nobody_reads, given_back])
