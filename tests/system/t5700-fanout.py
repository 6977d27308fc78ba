#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A handler that asks ten servers at once: some live, some dead, some silent,
some late.  It answers in time with what has come, to the right call, while its
worker serves others, and nothing is left over."""

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import varint
from daemon import descriptors
from harness import DEADLINE, Server, built, main, source, until

RUN = [built("thriftfork"), "run"]
IDL = source("tests/examples/fanout/fanout.thrift")
ROUNDS = int(os.environ.get("TF_FANOUT_ROUNDS", "5"))
WITHIN = 400                    # milliseconds
FOR_EVER = int(10 * DEADLINE * 1000)


class Stub:
    """A server that is none: dead, silent, or one that answers late."""

    def __init__(self, kind):
        self.kind = kind
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.release = threading.Event()
        self.answered = 0
        if kind != "dead":
            self.socket.listen(100)
        if kind == "late":
            threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, daemon=True,
                                 args=self.socket.accept()[:1]).start()

    def serve(self, peer):
        """Answers each call with its own argument, when it is let."""
        file = peer.makefile("rb")
        while len(head := file.read(4)) == 4:
            body = file.read(struct.unpack(">I", head)[0])
            at = 2
            while body[at] & 0x80:
                at += 1
            seqid = body[2:at + 1]
            text = body[at + 2 + body[at + 1]:]     # behind the method's name
            assert text[0] == 0x18 and text[1] < 0x80, body
            text = text[1:]
            text = b"late " + text[1:text[0] + 1]
            reply = b"\x82\x41" + seqid + b"\5greet" + b"\x08\0" + \
                varint(len(text)) + text + b"\0"
            self.release.wait()
            with contextlib.suppress(OSError):
                peer.sendall(struct.pack(">I", len(reply)) + reply)
            self.answered += 1


def start_call(server, method, args=None):
    return subprocess.Popen(
        [built("thriftfork"), "call", server.address, IDL, "Fanout." + method]
        + ([json.dumps(args)] if args else []), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


def end_call(process):
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    return json.loads(out) if out.strip() else None


def ask(server, name, times=10, within=WITHIN):
    return start_call(server, "ask", {"name": name, "times": times,
                                      "within_ms": within})


def live(n):
    """A server of n addresses."""
    more = [w for i in range(1, n) for w in ("-l", "127.0.0.%d:0" % (i + 1))]
    s = Server(RUN + [built(".libs/hello.so")], *more, workers=1)
    s.drain_log()
    addresses = [line.rsplit(" ", 1)[1] for line in s.log.splitlines()
                 if "listening on " in line]
    assert len(addresses) == n, s.log
    return s, addresses


def judge(answers, name, stubs, times):
    """Each server, so many times; the right text, or why there is none."""
    kinds = {s.address: s.kind for s in stubs}
    count = {}
    for a in answers:
        kind = kinds.get(a["server"], "live")
        count[kind] = count.get(kind, 0) + 1
        if kind == "live":
            assert a == {"server": a["server"],
                         "text": "Hello, %s!" % name}, a
        elif kind == "dead":
            assert "Connection refused" in a["error"], a
        elif "text" in a:
            assert kind == "late" and a["text"] == "late " + name, a
        else:
            assert "gathered for" in a["error"], a
    for kind in set(kinds.values()):
        n = sum(1 for s in stubs if s.kind == kind)
        assert count[kind] == n * times, (kind, count)
    return count.get("live", 0)


class Fan(Server):
    """The example, with the servers that it asks."""

    def __init__(self, *servers):
        self.servers = servers
        super().__init__(RUN + [built(".libs/fanout.so")], workers=1)

    def launch(self, args, stderr):
        return super().launch(args + list(self.servers), stderr)

    def worker(self):
        return self.workers()[0]


def what_has_come_by_the_deadline():
    backends, addresses = live(6)
    stubs = [Stub(k) for k in ("dead", "dead", "silent", "silent")]
    s = Fan(*addresses, *[x.address for x in stubs])
    before = None
    for i in range(ROUNDS):
        name = "round %d" % i
        began = time.monotonic()
        asked = ask(s, name)
        end_call(start_call(s, "ping"))
        pinged = time.monotonic() - began
        answers = end_call(asked)
        took = time.monotonic() - began
        assert judge(answers, name, stubs, 10) == 60, answers
        assert took >= WITHIN / 1000, took
        # What the machine does besides is not known; that it waited is.
        assert took < WITHIN / 1000 + DEADLINE / 2, took
        assert pinged < took or took < WITHIN / 1000 + 1, (pinged, took)
        now = len(descriptors(s.worker()))
        before = before or now
        assert now <= before, descriptors(s.worker())
    assert s.stop() == 0
    assert "ERROR" not in s.drain_log() and "Sanitizer" not in s.log, s.log
    assert backends.stop() == 0


def no_deadline_is_awaited_in_vain():
    backends, addresses = live(3)
    dead = Stub("dead")
    s = Fan(*addresses, dead.address)
    began = time.monotonic()
    answers = end_call(ask(s, "all", within=FOR_EVER))
    assert judge(answers, "all", [dead], 10) == 30
    assert time.monotonic() - began < DEADLINE / 2
    assert s.stop() == 0
    assert backends.stop() == 0


def late_answers_are_nobodys():
    backends, addresses = live(1)
    late = Stub("late")
    s = Fan(*addresses, late.address)
    names = ["first %d" % i for i in range(4)]
    for p, name in [(ask(s, n, times=5), n) for n in names]:
        answers = end_call(p)
        assert judge(answers, name, [late], 5) == 5
        assert not any("late" in a.get("text", "") for a in answers), answers
    # All of them come now, and those of the next calls behind them.
    late.release.set()
    for p, name in [(ask(s, n, times=5, within=FOR_EVER), n)
                    for n in ("second %d" % i for i in range(4))]:
        answers = end_call(p)
        assert judge(answers, name, [late], 5) == 5
        assert sum(a.get("text") == "late " + name for a in answers) == 5
    assert s.stop() == 0
    assert backends.stop() == 0


def many_at_a_time_and_an_end_amid_them():
    backends, addresses = live(5)
    stubs = [Stub("silent"), Stub("dead")]
    s = Fan(*addresses, *[x.address for x in stubs])
    asked = [(ask(s, "n%d" % i), "n%d" % i) for i in range(8)]
    for p, name in asked:
        assert judge(end_call(p), name, stubs, 10) == 50
    p = ask(s, "last", within=FOR_EVER)
    until(lambda: s.status()["in_flight"] == 1, "the call is there")
    assert s.stop() == 0        # which waits for it, or ends it
    p.communicate(timeout=DEADLINE)
    assert "Sanitizer" not in s.drain_log(), s.log
    assert backends.stop() == 0


main([what_has_come_by_the_deadline, no_deadline_is_awaited_in_vain,
      late_answers_are_nobodys, many_at_a_time_and_an_end_amid_them])
