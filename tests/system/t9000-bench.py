#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench: its counts against those of the server, its times against stalls and
failures that are made on purpose, in each dialect."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tls
from bed import Bed, Peer, fifo, i32
from daemon import CALC, TESTBED, launcher, written
from harness import (DEADLINE, ILL, Server, Skip, built, main, source,
                     tempdir, until)
from terminal import Terminal

BENCH = built("thriftfork-bench")
CALC_IDL = source("tests/examples/calc/calc.thrift")
TESTBED_IDL = source("tests/system/testbed.thrift")
RUN = [built("thriftfork"), "run"]
PING = (CALC_IDL, "Calculator.ping")
DIVIDE = '{"logid": 1, "w": {"num1": 6, "num2": %d, "op": "DIV"}}'


class Bench:
    """One that runs, with a report in JSON."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [BENCH, "--json", *map(str, args)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def end(self, status=0):
        out, err = self.process.communicate(timeout=2 * DEADLINE)
        assert not ILL.search(err), err
        assert self.process.returncode == status, (out, err)
        assert err == "", err
        return json.loads(out)


def bench(*args, status=0):
    """The report of one that runs to its end."""
    report = Bench(*args).end(status)
    sums = sum(report[k] for k in ("returned", "sent", "wrong", "timed_out",
                                   "lost", "not_waited_for"))
    for key in "exceptions", "errors":
        sums += sum(report[key].values())
    assert sums == report["requests"], report
    assert sum(n for _, n in report["histogram"]) == \
        sums - sum(report[k] for k in ("timed_out", "lost",
                                       "not_waited_for")), report
    values = [report["latency_ns"][k] for k in
              ("p50", "p90", "p99", "p999", "p9999", "max")]
    assert values == sorted(values), report
    return report


def refused(status, words, *args):
    done = launcher("bench", *map(str, args))
    assert done.returncode == status, (args, done)
    assert words in done.stderr and done.stdout == "", (args, done)
    assert done.stderr.startswith("thriftfork-bench: "), done
    assert len(done.stderr.splitlines()) == 1, done


def calls(server, method):
    """That the server has counted."""
    return sum(m["counters"]["calls"] for m in server.status()["methods"]
               if m["method"] == method)


def calc(workers=2, **more):
    return Server([*RUN, CALC], workers=workers, **more)


def counts_are_the_servers():
    s = calc()
    done = 0
    for options in (("-n", 1), ("-n", 5000), ("-c", 7, "-d", 5, "-n", 5000),
                    ("-c", 3, "-d", 40, "-t", "300ms", "-w", "100ms"),
                    ("-c", 2, "-R", 300, "-t", "500ms", "-w", "200ms")):
        report = bench(*options, s.address, *PING)
        assert report["returned"] == report["requests"] > 0, report
        assert (report["warmup"] > 0) == ("-w" in options), report
        done += report["requests"] + report["warmup"]
        assert calls(s, "ping") == done, (options, report)
        n = report["requests"] + report["warmup"]
        assert report["bytes_sent"] == 14 * n, report
        assert report["bytes_received"] == 14 * n, report
    assert s.stop() == 0


def dialects(address, *options):
    """How each is asked for, by the engine that speaks it."""
    where = address.split("://")[-1]
    for protocol in "compact", "binary", "json":
        for framing in "framed", "unframed", "header":
            if (protocol, framing) != ("json", "header"):
                yield ("-p", protocol, "-f", framing, "-d", 3, *options), \
                    address
    yield ("-o", "zlib=yes", "-d", 3, *options), address
    yield ("-f", "header", "-H", "key=value", "-o", "transforms=zlib",
           *options), address
    if not address.startswith("unix:"):
        http = "https://" if address.startswith("tls:") else "http://"
        for protocol in "compact", "binary", "json":
            yield ("-p", protocol, *options), http + where + "/x"


def every_dialect():
    """and in each of them the same outcomes, at a rate or without"""
    s = calc()
    unix = calc(listen="unix:" + os.path.join(tempdir(), "socket"))
    done = 0
    for server in s, unix:
        for options, address in dialects(server.address, "-c", 2):
            for more in ("--check",), ("-R", 2000):
                for divisor in 2, 0:
                    r = bench(*options, *more, "-n", 30, address, CALC_IDL,
                              "Calculator.calculate", DIVIDE % divisor)
                    want = {"InvalidOperation": 30} if divisor == 0 else {}
                    assert r["exceptions"] == want, (options, r)
                    assert r["returned"] == 30 - sum(want.values()), r
        done = 30 * 4 * len(list(dialects(server.address)))
        assert calls(server, "calculate") == done, (server.address, done)
        assert server.stop() == 0


def over_tls():
    if shutil.which("openssl") is None:
        raise Skip("no openssl (package openssl)")
    tls.need_localhost()
    authority = tls.Authority()
    s = Bed(conf=tls.settings(authority))
    where = "tls://localhost:%d" % s.port
    for options, address in dialects(where, "-o", "tls-ca=" + authority.ca):
        r = bench(*options, "-n", 20, address, TESTBED_IDL,
                  "Testbed.subject")
        assert r["returned"] == 20, (options, r)
    refused(1, "subject at %s: the peer's certificate: " % where, where,
            TESTBED_IDL, "Testbed.subject")
    assert s.stop() == 0


def large_messages():
    """in pieces, both ways, on several connections"""
    s = Server([*RUN, TESTBED], workers=1)
    for size in 20000, 300000, 3000000:
        text = json.dumps({"text": "x" * size})
        file = written(tempdir(), "args", text)
        for p in "compact", "binary":
            for f in "framed", "unframed":
                with open(file) as args:
                    done = subprocess.run(
                        [BENCH, "--json", "--check", "-p", p, "-f", f, "-c",
                         "3", "-d", "4", "-n", "24", s.address, TESTBED_IDL,
                         "Testbed.echo", "-"], stdin=args, text=True,
                        capture_output=True, timeout=2 * DEADLINE)
                assert done.returncode == 0, (size, p, f, done)
                r = json.loads(done.stdout)
                assert r["returned"] == 24, r
                assert 0 <= r["bytes_sent"] - 24 * size < 24 * 60, r
                assert 0 <= r["bytes_received"] - 24 * size < 24 * 60, r
    assert s.stop() == 0


def oneways():
    s = calc(workers=1)
    done = 0
    for options in (("-d", 1), ("-d", 100, "-c", 3), ("-R", 20000),
                    ("-f", "header", "-d", 10), ("-p", "binary"),
                    ("-f", "unframed", "-d", 4096)):
        r = bench("-n", 4000, *options, s.address, CALC_IDL,
                  "Calculator.forget", '{"logid": 1}')
        assert r["sent"] == 4000 and r["returned"] == 0, r
        done += 4000
        until(lambda: calls(s, "forget") == done, "all have arrived")
    assert s.stop() == 0


def an_open_loop_holds_its_rate():
    s = calc()
    for rate, conns in (500, 1), (3000, 7), (123.4, 3):
        r = bench("-R", rate, "-c", conns, "-d", 4, "-t", "1s", s.address,
                  *PING)
        assert r["seconds"] == 1.0, r
        # Request n is due at n / rate, and the last one before the end.
        due = -(-int(rate * 10) // 10)
        assert r["requests"] + r["never_sent"] == due, r
        assert r["never_sent"] < due / 10, r
    assert s.stop() == 0


def stalled(*options):
    """The report of a second in which the server does nothing for 300 ms."""
    s = Server([*RUN, TESTBED], workers=1)
    b = Bench(*options, "-t", "2s", s.address, TESTBED_IDL,
              "Testbed.late")
    until(lambda: calls(s, "late") > 50, "it calls")
    peer = Peer(s)
    peer.call("doze", i32(300))
    peer.close()
    report = b.end()
    assert s.stop() == 0
    return report


def a_stall_shows():
    """in an open loop only, because a closed one stalls with the server"""
    ms = 1000000
    r = stalled("-R", 500, "-c", 4)
    # 150 requests in 1000 were due in it, 15 of them in its first tenth.
    assert r["latency_ns"]["p99"] > 250 * ms, r
    assert r["latency_ns"]["p90"] > 50 * ms, r
    assert r["late_ns"]["max"] > 250 * ms, r
    r = stalled()
    assert r["latency_ns"]["max"] > 290 * ms, r
    assert r["latency_ns"]["p99"] < 150 * ms, r
    assert r["late_ns"]["max"] == 0, r


def errors_by_kind():
    s = Server([*RUN, TESTBED], workers=1)
    other = written(tempdir(), "other.thrift", "service Testbed {\n"
                    "  i32 nonesuch()\n  i32 echo(1: i32 text)\n}\n")
    for options, idl, method, kind in (
            ((), TESTBED_IDL, "fail_silently", "INTERNAL_ERROR"),
            (("-p", "binary", "-f", "unframed"), other, "nonesuch",
             "UNKNOWN_METHOD"),
            (("-f", "header"), other, "nonesuch", "UNKNOWN_METHOD")):
        r = bench(*options, "-n", 20, s.address, idl, "Testbed." + method,
                  status=1)
        assert r["errors"] == {kind: 20}, r
    # A result of another type than the IDL says.
    r = bench("--check", "-n", 20, s.address, other, "Testbed.echo",
              status=1)
    assert r["wrong"] == 20, r
    text = launcher("bench", "-n", "20", s.address, other,
                    "Testbed.nonesuch").stdout
    assert re.search(r"^  UNKNOWN_METHOD +20  first: .*nonesuch", text,
                     re.M), text
    assert s.stop() == 0


class Odd:
    """A server that does to each request of ping what a word says; then it
    answers."""

    def __init__(self, *words):
        self.words = list(words)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.requests = 0
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                c = self.listener.accept()[0]
            except OSError:             # it has gone
                return
            threading.Thread(target=self.serve, args=(c,),
                             daemon=True).start()

    def serve(self, c):
        with c, c.makefile("rb") as f:
            kept = []
            while True:
                head = f.read(4)
                if len(head) < 4:
                    return
                body = f.read(struct.unpack(">I", head)[0])
                assert body[:2] == b"\x82\x21", body
                with self.lock:
                    self.requests += 1
                    word = self.words.pop(0) if self.words else "answer"
                seqid = body[2:4]
                if word == "go":
                    self.listener.shutdown(socket.SHUT_RDWR)
                if word in ("close", "go"):
                    return
                if word == "half":
                    c.sendall(b"\0\0\0\x0a\x82\x41" + seqid)
                    return
                if word == "stranger":
                    seqid = bytes([seqid[0] ^ 1, seqid[1]])
                end = b"\x15\x02\0" if word == "wrong" else b"\0"
                if word == "ignore":
                    continue
                reply = b"\x82\x41" + seqid + b"\x04ping" + end
                kept.append(struct.pack(">I", len(reply)) + reply)
                if word != "keep":      # with those before, the last first
                    c.sendall(b"".join(reversed(kept)))
                    kept = []


def what_else_can_happen():
    """to a request, one at a time, with a connection made again after it"""
    for word, kind, ended in (("close", "lost", 1), ("half", "lost", 1),
                              ("stranger", "lost", 1), ("wrong", "wrong", 0),
                              ("ignore", "timed_out", 0)):
        s = Odd("answer", word, "answer", word)
        r = bench("-n", 5, "-T", "500ms", s.address, *PING, status=1)
        assert r[kind] == 2 and r["returned"] == 3, (word, r)
        assert r["connections_ended"] == 2 * ended, (word, r)
        assert s.requests == 5, s.requests


def a_server_that_does_not_come_back():
    """ends a run of so many requests, not one of some time"""
    for options, why in (
            (("-n", 1000), "no connection for 500ms: Connection refused\n"),
            (("-n", 1000, "-R", 100), "Connection refused\n"),
            (("-t", "1500ms"), "")):
        s = Odd("answer", "answer", "go")
        done = subprocess.run(
            [BENCH, "--json", *map(str, options), "-T", "500ms", s.address,
             *PING], capture_output=True, text=True, timeout=DEADLINE)
        r = json.loads(done.stdout)
        assert done.returncode == 1 and r["returned"] == 2, done
        assert r["interrupted"] == (why != ""), done
        assert done.stderr.endswith(why) and \
            done.stderr.startswith("thriftfork-bench: " if why else ""), done
        assert len(done.stderr.splitlines()) == (why != ""), done


def replies_in_another_order():
    s = Odd(*(["keep", "keep", "answer", "keep", "answer"] * 20))
    r = bench("-d", 7, "-n", 1000, s.address, *PING)
    assert r["returned"] == 1000, r


def a_worker_is_killed():
    s = calc(workers=2)
    b = Bench("-c", 8, "-d", 2, "-t", "1h", s.address, *PING)
    until(lambda: calls(s, "ping") > 1000, "it calls")
    victim = max(s.workers().values(), key=lambda pid: len(
        os.listdir("/proc/%d/fd" % pid)))
    os.kill(victim, signal.SIGKILL)
    s.await_log(r"worker \d+ pid \d+ serves")
    before = calls(s, "ping")
    until(lambda: calls(s, "ping") > before + 1000, "it goes on")
    b.interrupt()
    r = b.end(1)
    assert 1 <= r["connections_ended"] <= 8, r
    assert 1 <= r["lost"] <= 2 * r["connections_ended"], r
    assert r["returned"] + r["lost"] == r["requests"], r
    assert s.stop() == 0


def interrupts():
    s = calc()
    for options in ((), ("-R", 1000), ("-f", "header"), ("-w", "1h")):
        before = calls(s, "ping")
        b = Bench("-c", 2, "-d", 3, "-t", "1h", *options, s.address,
                  *PING)
        until(lambda: calls(s, "ping") > before + 100, "it calls")
        b.interrupt()
        r = b.end()
        assert r["interrupted"] and r["seconds"] < DEADLINE, r
        assert calls(s, "ping") - before == r["requests"] + r["warmup"], r
        assert r["returned"] == r["requests"], r
    b = Bench("-t", "1h", "http://" + s.address, *PING)
    before = calls(s, "ping")
    until(lambda: calls(s, "ping") > before + 100, "it calls")
    b.interrupt()
    assert b.end()["interrupted"]
    assert s.stop() == 0


def two_interrupts():
    """when nobody answers"""
    s = Server([*RUN, TESTBED], workers=1)
    for options in (), ("-f", "header"):
        path = fifo()
        b = Bench("-t", "1h", "-T", "off", *options, s.address,
                  TESTBED_IDL, "Testbed.hold", json.dumps({"fifo": path}))
        with open(path, "wb"):          # opens when the handler reads
            b.interrupt()
            b.process.send_signal(signal.SIGTERM)
            r = b.end(1)
        assert r["not_waited_for"] == r["requests"] == 1, r
    assert s.stop() == 0


def json_has_its_keys():
    """those of the manual, and no other"""
    s = calc()
    r = bench("-n", 10, s.address, *PING)
    with open(source("man/thriftfork-bench.1")) as f:
        section = re.search(r"^\.Sh JSON\n(.*?)^\.Sh", f.read(),
                            re.M | re.S).group(1)
    told = set()
    for words in re.findall(r"^\.It Li (.*)$", section, re.M):
        told |= set(re.findall(r"[a-z][a-z0-9_]+", words))
    assert set(r) == told, set(r) ^ told
    parts = {"p50", "p90", "p99", "p999", "p9999", "max"}
    assert set(r["latency_ns"]) == parts | {"mean"}
    assert set(r["late_ns"]) == parts
    for part in parts | {"mean"}:
        assert re.search(r"^\.Li .*\b%s\b" % part, section, re.M), part
    assert s.stop() == 0


def on_a_terminal():
    """a line that tells how it goes, and makes room for the report"""
    s = calc()
    t = Terminal([BENCH, "-c", "2", "-t", "1h", s.address, *PING], 100, 50)
    t.shows(r"^1s  [\d.]+k?/s  p50 \S+s  p99 \S+s  failed 0$")
    t.process.send_signal(signal.SIGINT)
    t.shows(r"^processor time of this client: ")
    text = t.screen()
    assert t.process.wait(DEADLINE) == 0
    assert "failed" not in text, text
    assert re.search(r"^requests +(\d+)  \d+/s\n  returned +\1\n", text,
                     re.M), text
    assert re.search(r"^ +p50 +p90 +p99 +p99\.9 +p99\.99 +max +mean\n"
                     r"latency( +[\d.]+[nµum]?s){7}$", text, re.M), text
    assert re.search(r"^ *[\d.]+[num]?s +\d+ +[\d.]+% #+$", text, re.M), text
    t.close()
    assert s.stop() == 0


def what_is_refused():
    for args, status, words in (
            ((":1", *PING), 1, ":1: connect: Connection refused"),
            (("-f", "header", ":1", *PING), 1, "Connection refused"),
            (("http://:1/", *PING), 1, "Connection refused"),
            (("nonsense", *PING), 1, "an address is HOST:PORT"),
            (("unix:/nonesuch", *PING), 1, "No such file"),
            ((":1", CALC_IDL, "Calculator.pong"), 2,
             "no method Calculator.pong: did you mean 'ping'?"),
            ((":1", CALC_IDL, "Calculator.calculate", '{"w": {"op": "X"}}'),
             2, "the arguments of calculate: w.op: "),
            (("-p", "morse", ":1", *PING), 2, "protocol: 'morse'"),
            (("-T", "5", ":1", *PING), 2, "timeout: '5' is not a time"),
            (("-t", "5", ":1", *PING), 2, "-t: '5' is no time"),
            (("-R", "0", ":1", *PING), 2, "-R: '0' is no number"),
            (("-c", "0", ":1", *PING), 2, "-c: '0' is no number from 1"),
            (("-d", "5000", ":1", *PING), 2, "from 1 to 4096"),
            (("-d", "2", "http://:1/", *PING), 2, "over HTTP"),
            (("-H", "k=v", ":1", *PING), 1, "Connection refused")):
        refused(status, words, *args)
    for args in (), (":1",), ("-z", ":1", *PING), (":1", *PING, "{}", "x"):
        done = launcher("bench", *args)
        assert done.returncode == 2 and "usage: " in done.stderr, done
    assert launcher("bench", "--help").returncode == 0
    s = Odd("close", "close", "close")
    refused(1, "ping at %s: the server closed the connection" % s.address,
            s.address, *PING)
    s = Odd("ignore")
    refused(1, "ping at %s: no answer in time" % s.address, "-T", "100ms",
            s.address, *PING)
    s = calc()
    with open("/dev/full", "w") as full:
        done = subprocess.run([BENCH, "-n", "1", s.address, *PING],
                              stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=DEADLINE)
    assert done.returncode == 1 and "No space left" in done.stderr, done
    assert s.stop() == 0


main([counts_are_the_servers, every_dialect, over_tls, large_messages,
      oneways, an_open_loop_holds_its_rate, a_stall_shows, errors_by_kind,
      what_else_can_happen, a_server_that_does_not_come_back,
      replies_in_another_order, a_worker_is_killed, interrupts,
      two_interrupts, json_has_its_keys, on_a_terminal, what_is_refused])
