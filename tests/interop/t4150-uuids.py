#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""UUIDs in every protocol.  No binding that Debian has knows them, so their
bytes stand here, as the specifications give them: 16 in network order, type 16
in binary and 13 in compact; in JSON "uid" and the text of 36 characters."""

import json
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, built, main, source

U = bytes(range(16))
V = bytes(range(15)) + b"\x10"          # the next one
U_TEXT = "00010203-0405-0607-0809-0a0b0c0d0e0f"
V_TEXT = "00010203-0405-0607-0809-0a0b0c0d0e10"
server = None

# Request and reply of step(U); a field that nobody knows, a list of UUIDs,
# stands before the argument in binary, and behind it in the others.
NEXT = {
    "compact": (b"\x82\x21\x07\x04step\x1d" + U + b"\x89\x2d" + U + V +
                b"\x00",
                b"\x82\x41\x07\x04step\x0d\x00" + V + b"\x00"),
    "binary": (b"\x80\x01\x00\x01\x00\x00\x00\x04step\x00\x00\x00\x07"
               b"\x0f\x00\x09\x10\x00\x00\x00\x02" + U + V +
               b"\x10\x00\x01" + U + b"\x00",
               b"\x80\x01\x00\x02\x00\x00\x00\x04step\x00\x00\x00\x07"
               b"\x10\x00\x00" + V + b"\x00"),
    "json": (b'[1,"step",1,7,{"1":{"uid":"%s"},"9":{"lst":["uid",2,"%s",'
             b'"%s"]}}]' % ((U_TEXT.upper().encode(),) * 3),
             b'[1,"step",2,7,{"0":{"uid":"%s"}}]' % V_TEXT.encode()),
}


def needs():
    global server
    if server is None:
        server = Server([built("thriftfork"), "run", built(".libs/uuids.so")],
                        workers=1)


def bytes_of_a_call(protocol):
    def run():
        needs()
        sent, want = NEXT[protocol]
        got = server.answer(sent)
        assert got == want, got
        assert server.answer(struct.pack(">I", len(sent)) + sent) == \
            struct.pack(">I", len(want)) + want
    run.__name__ = "bytes of a call, " + protocol
    return run


def cut_short(protocol):
    """Half a UUID in a frame is answered, and so is what comes after it."""
    def run():
        needs()
        sent = NEXT[protocol][0]
        begins = sent.index(U_TEXT.upper().encode() if protocol == "json"
                            else U)
        half = sent[:begins + 8]
        after, want = (struct.pack(">I", len(x)) + x for x in NEXT[protocol])
        got = server.answer(struct.pack(">I", len(half)) + half + after)
        assert got.endswith(want), got
        assert b"cannot be read" in got[:-len(want)], got
    run.__name__ = "cut short, " + protocol
    return run


def call(protocol, framing):
    def run():
        needs()
        some = {"one": U_TEXT, "maybe": V_TEXT, "more": [U_TEXT, V_TEXT],
                "pairs": {U_TEXT: V_TEXT}}
        for method, args, want in (
                ("step", {"last": U_TEXT}, V_TEXT),
                ("same", {"v": some}, some),
                ("same", {"v": {}}, {"one": "00000000-0000-0000-0000-"
                                     "000000000000", "more": [],
                                     "pairs": {}})):
            done = subprocess.run(
                [built("thriftfork-call"), "-p", protocol, "-f", framing,
                 server.address, source("tests/interop/uuids.thrift"),
                 "Uuids." + method, json.dumps(args)], capture_output=True,
                text=True, timeout=60)
            assert done.returncode == 0, done
            assert json.loads(done.stdout) == want, done
    run.__name__ = "our call, %s %s" % (protocol, framing)
    return run


def ends_in_order():
    needs()
    assert server.stop() == 0


main([bytes_of_a_call(p) for p in NEXT] +
     [cut_short(p) for p in NEXT] +
     [call(p, f) for p in NEXT for f in ("framed", "unframed")] +
     [ends_in_order])
