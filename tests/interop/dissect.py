#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Wireshark's dissector of Thrift against what our client and our server send:
a call of every kind and its reply, in binary and compact, framed and not, of
the default service and of a named one.  Nothing is malformed, and the method
and the kind of each message are read as they were meant."""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import DEADLINE, Server, Skip, built, main, source, tempdir

CALL, REPLY, EXCEPTION, ONEWAY = "0x01", "0x02", "0x03", "0x04"
PORT = 9090
BEHIND = b"\x80\x01\0\x01\0\0\0\x06behind\0\0\0\x05\0"
# What a server may well say is noted by the dissector too.
SAID = {"The application recognized the method but rejected the content.",
        "The application was not able to handle the request."}
INNER = {"number": -7, "text": "inner \u00e9"}
PLAIN = {"tiny": -128, "small": -32768, "medium": 5, "large": -2**63,
         "real": 0.1, "text": "NUL \0", "bytes": "AAEC/w==", "inner": INNER,
         "inners": [INNER] * 20, "lists": {"a": [1, 2], "b": []},
         "numbers": [1], "colour": "BLUE", "perhaps": 2**63 - 1,
         "flags": [True, False] * 10}
BOOLS = [("echo_bool", {"v": True}), ("echo_bool", {"v": False}),
         ("echo_struct", {"v": dict(PLAIN, flag=True)}),
         ("echo_struct", {"v": PLAIN})]
CALLS = [("nothing", {}), ("echo_i8", {"v": -128}), ("echo_i16", {"v": 32767}),
         ("echo_i32", {"v": -2**31}), ("echo_i64", {"v": 2**63 - 1}),
         ("echo_double", {"v": 1e-300}), ("echo_string", {"v": ""}),
         ("echo_string", {"v": "\u4e16\U0001f600" * 10000}),
         ("echo_binary", {"v": "AAEC/w=="}), ("echo_list", {"v": []}),
         ("echo_list", {"v": [INNER] * 100}), ("echo_set", {"v": ["a", "b"]}),
         ("echo_map", {"v": {}}), ("echo_map", {"v": {"1": "one"}}),
         ("echo_map_of_lists", {"v": {"a": [1, 2, 3], "b": []}}),
         ("echo_union", {"v": {"inner": INNER}}), ("echo_enum", {"v": "BLUE"}),
         ("inherited", {"text": "x"}), ("refuse", {"code": 3, "why": "w"}),
         ("fail", {"why": "w"}), ("note", {"number": 7}), ("noted", {})]
server = bools = None


class Relay:
    """Between one client and the server: what each of them sent."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(DEADLINE)
        self.port = self.listening.getsockname()[1]
        self.sent = [b"", b""]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        client, _ = self.listening.accept()
        ours = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        client.settimeout(DEADLINE)
        with client, ours:
            back = threading.Thread(target=self.copy, args=(1, ours, client),
                                    daemon=True)
            back.start()
            self.copy(0, client, ours)
            back.join()

    def copy(self, way, source, to):
        while data := source.recv(1 << 16):
            self.sent[way] += data
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)

    def end(self):
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive(), "a connection has not ended"
        self.listening.close()
        return self.sent


def framed(message):
    return struct.pack(">I", len(message)) + message


def packet(number, at, data):
    """Of the connection with that number, the first being 0."""
    return struct.pack(">BBHHHBBH4s4sHHIIBBHHH", 0x45, 0, 40 + len(data), 0, 0,
                       64, 6, 0, struct.pack(">BBH", 10, 1, number),
                       bytes((10, 0, 0, 1)), 40000, PORT, 1 + at, 1, 0x50,
                       0x18, 60000, 0, 0) + data


def capture(messages):
    """A file of them, each in a TCP connection of its own and with one more
    behind it, which is lost on a dissector that takes too much or too little
    for the first one."""
    path = os.path.join(tempdir(), "pcap")
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 16, 101))
        for number, message in enumerate(messages):
            pieces = [(at, message[at:at + 60000])
                      for at in range(0, len(message), 60000)]
            for at, data in pieces + [(len(message), BEHIND)]:
                p = packet(number, at, data)
                f.write(struct.pack("<IIII", 0, 0, len(p), len(p)) + p)
    return path


def dissected(messages):
    """Of each: the methods and kinds that were found, in long ones with each
    piece, and what is wrong with it."""
    columns = ("tcp.stream", "thrift.method", "thrift.mtype", "_ws.malformed",
               "_ws.expert.message")
    out = subprocess.run(
        ["tshark", "-n", "-r", capture(messages), "-d",
         "tcp.port==%d,thrift" % PORT, "-T", "fields", "-E", "occurrence=a",
         "-E", "separator=\x1e", "-E", "aggregator=\x1f"] +
        [w for c in columns for w in ("-e", c)], check=True,
        capture_output=True, text=True, errors="replace", timeout=120).stdout
    read, wrong = [[] for _ in messages], [[] for _ in messages]
    for line in out.split("\n"):
        fields = [f.split("\x1f") if f else [] for f in line.split("\x1e")]
        if len(fields) == len(columns):
            (stream,), methods, kinds, bad, expert = fields
            read[int(stream)] += zip(methods, kinds)
            wrong[int(stream)] += [e for e in expert if e not in SAID] + bad
    for r, w in zip(read, wrong):
        if r[-1:] != [("behind", CALL)]:
            w.append("what is behind it is lost")
    return [(set(r[:-1]), w) for r, w in zip(read, wrong)]


def the_dissector_tells_good_from_bad():
    """and whether it knows that a bool of compact is in the field's type"""
    global bools
    if shutil.which("tshark") is None:
        raise Skip("no tshark (package tshark)")
    good = b"\x80\x01\0\x01\0\0\0\x06method\0\0\0\x05\x0b\0\x01\0\0\0\x01y\0"
    compact = b"\x82\x21\x05\x06method\x18\x01y\0"
    true = b"\x82\x21\x05\x06method\x11\0"
    found = dissected(
        [good, compact, framed(good), framed(compact),
         good[:-1], good + b"\0", compact[:-1], compact + b"\0",
         framed(good[:-1]), framed(good + b"\0"), framed(compact[:-1]),
         framed(compact + b"\0"), framed(good.replace(b"\x01y", b"\x02y")),
         framed(true)])
    assert found[:4] == [({("method", CALL)}, [])] * 4, found
    assert all(wrong for _, wrong in found[4:-1]), found
    bools = not found[-1][1]
    if not bools:
        print("# this dissector takes the byte behind a bool field of compact "
              "for its value: none is shown to it")


def sent(protocol, framing, service, method, args):
    """The messages of one call, and how they are meant."""
    relay = Relay()
    done = subprocess.run(
        [built("thriftfork-call"), "-p", protocol, "-f", framing, "-s",
         service, "127.0.0.1:%d" % relay.port,
         source("tests/interop/echo.thrift"), "Echo." + method,
         json.dumps(args, ensure_ascii=False)], capture_output=True, text=True,
        timeout=60)
    assert done.returncode == (method in ("refuse", "fail")), done
    call, reply = relay.end()
    name = service + ":" + method if service else method
    found = [(call, (name, ONEWAY if method == "note" else CALL))]
    if method != "note":
        found.append((reply, (method, EXCEPTION if method == "fail"
                              else REPLY)))
    return found


def case(protocol, framing, service=""):
    def run():
        global server
        if bools is None:
            raise Skip("no dissector")
        if server is None:
            server = Server([built("thriftfork"), "run",
                             built(".libs/echo.so")], workers=1)
        calls = CALLS + (BOOLS if bools or protocol != "compact" else [])
        expected = [pair for method, args in calls for pair in
                    sent(protocol, framing, service, method, args)]
        found = dissected([message for message, _ in expected])
        for (message, meant), (read, wrong) in zip(expected, found):
            assert read == {meant} and not wrong, (read, meant, wrong,
                                                   message[:200])
    run.__name__ = " ".join(filter(None, (protocol, framing, service)))
    return run


def ends_in_order():
    if server is None:
        raise Skip("no dissector")
    assert server.stop() == 0


main([the_dissector_tells_good_from_bad] +
     [case(p, f, s) for p in ("binary", "compact")
      for f in ("framed", "unframed") for s in ("", "first")] +
     [ends_in_order])
