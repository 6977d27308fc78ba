#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What clients of python3-thrift do beside calling each method in each dialect
(t4100): services by name and headers, calls that come at once, in pieces and
in several dialects, errors, strangers; and "thriftfork call" against servers
of python3-thrift."""

import contextlib
import json
import os
import re
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import launcher
from harness import DEADLINE, Server, Skip, built, main, read_all, source
from harness import until

try:
    import echo_py
    from echo_py import Echo, FRAMINGS, HEADER, PROTOCOLS
    from echo_py import TApplicationException, TTransport, outer, refused
    from echo_py import ttypes
    why_not = None
except (ImportError, Skip) as e:
    why_not = "no python3-thrift or thrift-compiler: %s" % e
    HEADER = ()

HEADER_FRAMINGS = ("header", "header+zlib")
HEADERS = [(p, f) for p in HEADER for f in HEADER_FRAMINGS]
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"   # handshake_failure
server = None


def needs():
    global server
    if why_not:
        raise Skip(why_not)
    if server is None:
        server = Server([built("thriftfork"), "run", built(".libs/echo.so")],
                        "-o", "zlib-replies=yes", workers=1)


def Peer(protocol, framing):
    return echo_py.Peer(server.address, protocol, framing)


def services_by_name():
    """two instances of one, beside the default"""
    needs()
    with Peer("compact", "framed") as peer:
        echo_py.services(peer)


def headers(protocol, framing):
    """Both ways, of one call and of no other."""
    def run():
        needs()
        with Peer(protocol, framing) as peer:
            c = peer.of()
            for value in (b"x", b"", b"\xc3\xa9" * 20000):
                peer.protocol.set_header(b"echo", value)
                peer.protocol.set_header(b"other", b"y")
                c.nothing()
                assert peer.protocol.get_headers() == {b"echoed": value}
                c.nothing()
                assert peer.protocol.get_headers() == {}
    run.__name__ = "headers, %s %s" % (protocol, framing)
    return run


def errors_that_they_can_read():
    """a protocol and a transform that nobody knows, and what is no header"""
    needs()
    call = b"\x82\x21\x05\x07nothing\x00"
    for head, kind in ((b"\x03\x00\x00\x00",
                        TApplicationException.INVALID_PROTOCOL),
                       (b"\x02\x01\x02\x00",
                        TApplicationException.INVALID_TRANSFORM),
                       (b"\x02\x01\x01\x00",
                        TApplicationException.INVALID_TRANSFORM),
                       (b"\x02\x00\x01\xff",
                        TApplicationException.PROTOCOL_ERROR)):
        with Peer("compact", "header") as peer:
            c = peer.of()
            frame = struct.pack(">HHIH", 0xfff, 0, 5, 1) + head + call
            peer.transport._transport.write(
                struct.pack(">I", len(frame)) + frame)
            peer.transport._transport.flush()
            refused(kind, c.recv_nothing)
            assert peer.transport.sequence_id == 5
            assert c.echo_i32(3) == 3


def methods_are_counted_by_service():
    needs()
    counted = {(m["service"], m["method"]): m["counters"]["calls"]
               for m in server.status()["methods"]}
    for service in ("Echo", "first:Echo", "second:Echo"):
        assert counted[service, "echo_i32"] > 0, counted
    # Nobody has called anything else of the second one.
    assert {m for s, m in counted if s == "second:Echo" and
            counted[s, m]} == {"echo_i32", "inherited"}, counted


def settings_by_service():
    needs()
    so = built(".libs/echo.so")
    for name, status in (("Echo.nothing", 0), ("first.nothing", 0),
                         ("third.nothing", 1), ("first.absent", 1)):
        done = subprocess.run(
            [built("thriftfork"), "run", "-t", "-l", "127.0.0.1:0", "-o",
             "call-timeout.%s=1s" % name, so], capture_output=True, text=True)
        assert done.returncode == status, (name, done)
        assert ("first:Echo.nothing\n" in done.stdout) == (status == 0), done


def request(protocol, framing, calls):
    """The bytes of calls, as a client would send them."""
    memory = TTransport.TMemoryBuffer()
    transport = TTransport.TFramedTransport(memory) \
        if framing == "framed" else memory
    c = Echo.Client(PROTOCOLS[protocol](transport))
    data, at = b"", 0
    for name, *args in calls:
        getattr(c, "send_" + name)(*args)
        body = memory.getvalue()[at:]
        at += len(body)
        if framing == "http":
            data += (b"POST / HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body))
        data += body
    return data


def bodies(data):
    """Of HTTP responses, one behind the other."""
    found = b""
    while data:
        head, data = data.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
        size = int(re.search(rb"\r\nContent-Length: *(\d+)", head).group(1))
        found, data = found + data[:size], data[size:]
    return found


def replies(protocol, framing, data, calls):
    memory = TTransport.TMemoryBuffer(bodies(data) if framing == "http"
                                      else data)
    transport = TTransport.TFramedTransport(memory) \
        if framing == "framed" else memory
    c = Echo.Client(PROTOCOLS[protocol](transport))
    return [getattr(c, "recv_" + name)() for name, *_ in calls]


def dialects():
    for protocol in ("compact", "binary", "json"):
        for framing in ("framed", "unframed", "http"):
            yield protocol, framing


def pipelined_and_half_closed():
    """50 calls in one write, then the end: 50 answers in order"""
    needs()
    calls = [("echo_i32", i) for i in range(50)]
    for protocol, framing in dialects():
        got = server.answer(request(protocol, framing, calls))
        got = replies(protocol, framing, got, calls)
        assert got == list(range(50)), (protocol, framing, got)


def byte_by_byte():
    needs()
    calls = [("echo_struct", outer()), ("echo_i32", 1)]
    for protocol, framing in dialects():
        got = server.answer(request(protocol, framing, calls), 1)
        got = replies(protocol, framing, got, calls)
        assert got == [outer(), 1], (protocol, framing)


def cpu_of(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def large_unframed_message_in_linear_time():
    """1 MB in pieces of 100 bytes costs about 4 times what 256 KB does"""
    needs()
    pid, = server.workers().values()

    def cost(protocol, size):
        data = request(protocol, "unframed", [("echo_list", [
            ttypes.Inner(i, "0123456789" * 3)
            for i in range(size // (36 if protocol == "compact" else 70))])])
        before = cpu_of(pid)
        assert len(server.answer(data, 100)) > size // 2
        return cpu_of(pid) - before

    for protocol in ("compact", "json"):
        small, large = cost(protocol, 1 << 18), cost(protocol, 1 << 20)
        # Quadratic would be 16 times; a tick is 10 ms, so leave room for one.
        assert large <= 8 * (small + 2), (protocol, small, large)


def mixed_dialects_on_one_connection():
    needs()
    with socket.create_connection(("127.0.0.1", server.port),
                                  DEADLINE) as s:
        parts = [(p, f, [("echo_i32", i)])
                 for i, (p, f) in enumerate(dialects())]
        for part in parts:
            s.sendall(request(*part))
            data = s.recv(4096)
            got = replies(part[0], part[1], data, part[2])
            assert got == [part[2][0][1]], (part, data)


def strangers_are_closed_and_harm_nobody():
    needs()
    with Peer("compact", "framed") as peer:
        c = peer.of()
        for data in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     TLS_HELLO, b"\xff\xff\xff\xff", b"\x80\x00\x00\x00",
                     b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00",
                     b"\x82\x22\x00\x00", b"\x80\x01\x00\x01\xff\xff\xff\xff",
                     b"\x82\x21\x00\x01x\x19\xfc" + b"\xff" * 9 + b"\x01",
                     struct.pack(">I", 16384001), b"\x00", b"[1}",
                     b'[1,"nothing",2,0,{}]', b'[3,"nothing",1,0,{}]',
                     b"[" * 2000, b'["', b'{"a":1}'):
            with contextlib.suppress(ConnectionResetError):
                assert server.answer(data) == (
                    TLS_ALERT if data == TLS_HELLO else b""), data
            assert c.echo_i32(3) == 3


def a_bad_frame_does_not_harm_the_next():
    """undecodable arguments: PROTOCOL_ERROR, then the connection goes on"""
    needs()
    # Behind the head of the message, which has the seqid last but in compact.
    for protocol, more in (("compact", 0), ("binary", 4),
                           ("json", len('",1,0,'))):
        good = request(protocol, "framed", [("echo_struct", outer())])
        start = good.index(b"echo_struct") + 11 + more
        after = request(protocol, "framed", [("echo_i32", 8)])
        for cut in range(start - 4, len(good) - 4, 7):
            body = good[4:4 + cut]
            memory = TTransport.TMemoryBuffer(server.answer(
                struct.pack(">I", len(body)) + body + after))
            c = Echo.Client(PROTOCOLS[protocol](
                TTransport.TFramedTransport(memory)))
            refused(TApplicationException.PROTOCOL_ERROR,
                    c.recv_echo_struct)
            assert c.recv_echo_i32() == 8


def half_a_message_moves():
    """A reload between two halves of a message: the new worker answers it."""
    needs()
    data = {d: request(*d, [("echo_struct", outer()), ("echo_i32", 1)])
            for d in dialects()}
    before = server.workers()
    conns = {}
    for d in data:
        conns[d] = socket.create_connection(("127.0.0.1", server.port),
                                            DEADLINE)
        conns[d].sendall(data[d][:len(data[d]) // 2])
        # It is on its way before any other is.
        with Peer(*d) as peer:
            peer.of().nothing()
    subprocess.run([built("thriftfork"), "reload", "-n", server.name],
                   check=True, timeout=60)
    until(lambda: not set(server.workers().values()) & set(before.values()),
          "the old worker has gone")
    for d, s in conns.items():
        s.sendall(data[d][len(data[d]) // 2:])
        s.shutdown(socket.SHUT_WR)
        got = replies(*d, read_all(s), [("echo_struct",), ("echo_i32",)])
        assert got == [outer(), 1], (d, got)
        s.close()


def ends_in_order():
    needs()
    assert server.stop() == 0


def call_of_ours(protocol, framing):
    words = ["-p", protocol, "-H", "key=a=b"]
    address, factory = echo_py.their_server(protocol, framing)
    framing, _, transforms = framing.partition("+")
    words += ["http://%s/x" % address] if framing == "http" else \
        ["-f", framing, "-o", "transforms=" + (transforms or "none"), address]
    words.append(source("tests/interop/echo.thrift"))

    def call(method, args=None, *options):
        return launcher("call", *options, *words, "Echo." + method,
                        *([json.dumps(args)] if args else []))
    return call, factory


def thriftfork_call(protocol, framing):
    """values in JSON, headers, services and failures"""
    def run():
        if why_not:
            raise Skip(why_not)
        call, factory = call_of_ours(protocol, framing)

        def result(*args):
            done = call(*args)
            assert done.returncode == 0, (args, done)
            return json.loads(done.stdout) if done.stdout else None

        def failure(*args):
            done = call(*args)
            assert done.returncode == 1, (args, done)
            return done.stderr

        inner = {"number": -7, "text": "inner \u00e9"}
        big = {"flag": True, "tiny": -128, "small": -32768, "medium": 5,
               "large": -2**63, "real": 0.1, "text": "t", "bytes": "AAEC/w==",
               "inner": inner, "inners": [inner] * 20,
               "lists": {"a": [1, 2], "b": []}, "numbers": [1],
               "colour": "BLUE", "perhaps": 2**63 - 1, "flags": [True, False]}
        assert result("nothing") is None
        if framing in HEADER_FRAMINGS:
            assert factory.last.get_headers() == {
                b"key": b"a=b", b"client_timeout": b"10000"}
        assert result("inherited", {"text": "x"}) == "base x"
        assert result("inherited", {"text": "x"}, "-s", "named") == "named x"
        for method, v in [("echo_bool", True), ("echo_i8", -128),
                          ("echo_i64", 2**63 - 1), ("echo_double", 1e-300),
                          ("echo_double", "-Infinity"),
                          ("echo_string", "\u00e9\u4e16\U0001f600"),
                          ("echo_binary", "AAEC/w=="), ("echo_struct", big),
                          ("echo_list", [inner]), ("echo_set", ["a"]),
                          ("echo_map", {"1": "one"}),
                          ("echo_map_of_lists", {"a": [1, 2, 3]}),
                          ("echo_union", {"text": "u"}),
                          ("echo_enum", "GREEN")]:
            assert result(method, {"v": v}) == v, method
        assert 'threw Refused {"code":3,"why":"w"}' in \
            failure("refuse", {"code": 3, "why": "w"})
        assert "Internal error" in failure("fail", {"why": "w"})
        result("note", {"number": 7})
        # A oneway on its own connection: wait until it has been handled.
        until(lambda: result("noted") == 7, "a oneway is handled")
    run.__name__ = "thriftfork call, their server, %s %s" % (protocol, framing)
    return run


main([headers(p, f) for p, f in HEADERS] +
     [services_by_name, errors_that_they_can_read,
      methods_are_counted_by_service, settings_by_service,
      half_a_message_moves,
      pipelined_and_half_closed, byte_by_byte,
      large_unframed_message_in_linear_time, mixed_dialects_on_one_connection,
      strangers_are_closed_and_harm_nobody,
      a_bad_frame_does_not_harm_the_next, ends_in_order] +
     [thriftfork_call(*d) for d in (("compact", "header+zlib"),
                                    ("binary", "http"), ("json", "unframed"))])
