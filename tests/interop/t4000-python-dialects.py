#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One server, one port: python3-thrift, plain and accelerated, over compact,
binary and JSON, framed, unframed, in THeader and over HTTP, and non-strict
binary, with a method of every kind, of the default service and of named ones;
and our client against servers of python3-thrift."""

import json
import logging
import math
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, Skip, built, main, python_client, source, until

try:
    from thrift.Thrift import TApplicationException, TMessageType
    from thrift.TMultiplexedProcessor import TMultiplexedProcessor
    from thrift.protocol import TBinaryProtocol, TCompactProtocol
    from thrift.protocol import TJSONProtocol, TMultiplexedProtocol
    from thrift.protocol.THeaderProtocol import THeaderProtocol
    from thrift.protocol.THeaderProtocol import THeaderProtocolFactory
    from thrift.server import THttpServer, TServer
    from thrift.transport import THttpClient, TSocket, TTransport
    from thrift.transport.THeaderTransport import THeaderClientType
    from thrift.transport.THeaderTransport import THeaderTransformID
    sys.path.insert(0, python_client(source("tests/interop/echo.thrift")))
    from echo import Base, Echo, ttypes
    why_not = None
except (ImportError, Skip) as e:
    why_not = "no python3-thrift or thrift-compiler: %s" % e

PROTOCOLS = {
    "compact": lambda t: TCompactProtocol.TCompactProtocol(t),
    "compact-accelerated":
        lambda t: TCompactProtocol.TCompactProtocolAccelerated(
            t, fallback=False),
    "binary": lambda t: TBinaryProtocol.TBinaryProtocol(t),
    "binary-accelerated":
        lambda t: TBinaryProtocol.TBinaryProtocolAccelerated(
            t, fallback=False),
    "binary-nonstrict":
        lambda t: TBinaryProtocol.TBinaryProtocol(t, strictRead=False,
                                                  strictWrite=False),
    "json": lambda t: TJSONProtocol.TJSONProtocol(t),
}
FRAMINGS = {
    "framed": lambda s: TTransport.TFramedTransport(s),
    "unframed": lambda s: TTransport.TBufferedTransport(s),
}
TRANSPORTS = dict(FRAMINGS, http=lambda s: THttpClient.THttpClient(
    "http://127.0.0.1:%d/any" % s.port))
HEADER = {"binary": 0, "compact": 2}
HEADERS = [(p, f) for p in HEADER for f in ("header", "header+zlib")]
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"   # handshake_failure
server = None
logging.disable()            # their server logs each failing handler


def needs():
    global server
    if why_not:
        raise Skip(why_not)
    if server is None:
        server = Server([built("thriftfork"), "run", built(".libs/echo.so")],
                        "-o", "zlib-replies=yes", workers=1)


def stack(protocol, framing, socket):
    """The transport and the protocol over a socket."""
    if framing not in TRANSPORTS:
        p = THeaderProtocol(socket, (THeaderClientType.HEADERS,),
                            HEADER[protocol])
        if "zlib" in framing:
            p.add_transform(THeaderTransformID.ZLIB)
        return p.trans, p
    transport = TRANSPORTS[framing](socket)
    return transport, PROTOCOLS[protocol](transport)


class Peer:
    """A generated client over one dialect."""

    def __init__(self, protocol, framing, service=None):
        self.transport, self.protocol = stack(
            protocol, framing, TSocket.TSocket("127.0.0.1", server.port))
        self.transport.open()
        self.client = self.of(service)

    def of(self, service):
        """Another client on the same connection."""
        return Echo.Client(TMultiplexedProtocol.TMultiplexedProtocol(
            self.protocol, service) if service else self.protocol)

    def __enter__(self):
        return self.client

    def __exit__(self, *_):
        self.transport.close()


def outer():
    inner = ttypes.Inner(-7, "inner")
    return ttypes.Outer(
        flag=True, tiny=-128, small=-32768, medium=-2**31, large=-2**63,
        real=-0.5, text="NUL \0 and \u00e9\u4e16\U0001f600",
        bytes=bytes(range(256)), inner=inner, inners=[inner] * 20,
        lists={"a": [1, -1, 2**31 - 1], "empty": []}, numbers={1, 2, 3},
        colour=ttypes.Colour.BLUE, maybe=inner, perhaps=2**63 - 1,
        flags=[True, False] * 10)


def every_kind(c, service="base"):
    assert c.nothing() is None
    for v in (True, False):
        assert c.echo_bool(v) is v
    for name, bits in (("i8", 8), ("i16", 16), ("i32", 32), ("i64", 64)):
        for v in (0, 1, -1, 2**(bits - 1) - 1, -2**(bits - 1)):
            assert getattr(c, "echo_" + name)(v) == v
    for v in (0.0, -0.0, 1.5, 1e307, 5e-324, math.inf, -math.inf):
        assert struct.pack("d", c.echo_double(v)) == struct.pack("d", v)
    assert math.isnan(c.echo_double(math.nan))
    for v in ("", "\0", "a\0b", "\u00e9\u4e16\U0001f600", "x" * 70000,
              "".join(map(chr, range(1, 0xd800, 37)))):
        assert c.echo_string(v) == v
    for v in (b"", bytes(range(256)), b"\xff" * 5000):
        assert c.echo_binary(v) == v
    assert c.echo_struct(outer()) == outer()
    # What is unset comes back as C has it, "" and 0; optionals stay unset.
    empty = c.echo_struct(ttypes.Outer())
    assert empty.maybe is None and empty.perhaps is None
    assert empty.text == "" and empty.medium == 0 and empty.inners == []
    inners = [ttypes.Inner(i, str(i)) for i in range(100)]
    assert c.echo_list(inners) == inners
    assert c.echo_list([]) == []
    assert c.echo_set({"a", "b", "c"}) == {"a", "b", "c"}
    assert c.echo_map({i: str(i) for i in range(50)}) == \
        {i: str(i) for i in range(50)}
    assert c.echo_map({}) == {}
    lists = {"a": [1, 2, 3], "b": [], "c": list(range(1000))}
    assert c.echo_map_of_lists(lists) == lists
    for u in (ttypes.Choice(number=5), ttypes.Choice(text="t"),
              ttypes.Choice(inner=ttypes.Inner(1, "i"))):
        assert c.echo_union(u) == u
    for v in (1, 2, 4, 77):
        assert c.echo_enum(v) == v
    assert c.inherited("x") == service + " x"
    assert c.refuse(0, "") == 0
    try:
        c.refuse(42, "declared")
        assert False, "no exception"
    except ttypes.Refused as e:
        assert e.code == 42 and e.why == "declared"
    try:
        c.fail("undeclared")
        assert False, "no exception"
    except TApplicationException as e:
        assert e.type == TApplicationException.INTERNAL_ERROR, e
        assert e.message == "undeclared", e
    unknown_method(c)
    oneways(c)


def unknown_method(c):
    out = c._oprot
    out.writeMessageBegin("no_such", TMessageType.CALL, 9)
    Echo.nothing_args().write(out)
    out.writeMessageEnd()
    out.trans.flush()
    name, kind, seqid = c._iprot.readMessageBegin()
    assert (name, kind, seqid) == ("no_such", TMessageType.EXCEPTION, 9)
    e = TApplicationException()
    e.read(c._iprot)
    c._iprot.readMessageEnd()
    assert e.type == TApplicationException.UNKNOWN_METHOD
    assert c.nothing() is None


def oneways(c):
    before = c.noted()
    c.note(5)
    # Old clients send a oneway as a CALL; it is not answered either.
    out = c._oprot
    out.writeMessageBegin("note", TMessageType.CALL, 1)
    Echo.note_args(6).write(out)
    out.writeMessageEnd()
    out.trans.flush()
    assert c.noted() == before + 11


def case(protocol, framing):
    def run():
        needs()
        if "nonstrict" in protocol and framing == "unframed":
            raise Skip("non-strict binary without a frame cannot be told "
                       "from a frame")
        with Peer(protocol, framing) as c:
            every_kind(c)
    run.__name__ = "every kind, %s %s" % (protocol, framing)
    return run


def services(protocol, framing):
    """Two instances of a service beside the default one, on one connection."""
    def run():
        needs()
        with Peer(protocol, framing, "first") as first:
            every_kind(first, "first")
        peer = Peer(protocol, framing)
        with peer as default:
            first, second = peer.of("first"), peer.of("second")
            for i in range(3):
                assert second.echo_i32(i) == i + 1
                assert first.echo_i32(i) == i
                assert default.echo_i32(i) == i
                assert second.inherited("x") == "second x"
            for c, text in (
                    (peer.of("nobody"), "unknown service 'nobody', "
                     "of method 'nothing'"),
                    (peer.of("first:second"), "service 'first' has no "
                     "method 'second:nothing'")):
                try:
                    c.nothing()
                    assert False, "no exception"
                except TApplicationException as e:
                    assert e.type == TApplicationException.UNKNOWN_METHOD
                    assert e.message == text, e
            assert second.echo_i32(1) == 2
    run.__name__ = "services by name, %s %s" % (protocol, framing)
    return run


def headers(protocol, framing):
    """Both ways, of one call and of no other."""
    def run():
        needs()
        peer = Peer(protocol, framing)
        with peer as c:
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
        peer = Peer("compact", "header")
        with peer as c:
            frame = struct.pack(">HHIH", 0xfff, 0, 5, 1) + head + call
            peer.transport._transport.write(
                struct.pack(">I", len(frame)) + frame)
            peer.transport._transport.flush()
            try:
                c.recv_nothing()
                assert False, "no exception"
            except TApplicationException as e:
                assert e.type == kind, (e.type, e.message)
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


def read_all(s):
    data = b""
    while True:
        piece = s.recv(1 << 20)
        if not piece:
            return data
        data += piece


def dialects():
    for protocol in ("compact", "binary", "json"):
        for framing in TRANSPORTS:
            yield protocol, framing


def pipelined_and_half_closed():
    """50 calls in one write, then the end: 50 answers in order"""
    needs()
    calls = [("echo_i32", i) for i in range(50)]
    for protocol, framing in dialects():
        with socket.create_connection(("127.0.0.1", server.port), 30) as s:
            s.sendall(request(protocol, framing, calls))
            s.shutdown(socket.SHUT_WR)
            got = replies(protocol, framing, read_all(s), calls)
        assert got == list(range(50)), (protocol, framing, got)


def byte_by_byte():
    needs()
    calls = [("echo_struct", outer()), ("echo_i32", 1)]
    for protocol, framing in dialects():
        data = request(protocol, framing, calls)
        with socket.create_connection(("127.0.0.1", server.port), 30) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(data)):
                s.sendall(data[i:i + 1])
            s.shutdown(socket.SHUT_WR)
            got = replies(protocol, framing, read_all(s), calls)
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
        with socket.create_connection(("127.0.0.1", server.port), 30) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(data), 100):
                s.sendall(data[i:i + 100])
            s.shutdown(socket.SHUT_WR)
            assert len(read_all(s)) > size // 2
        return cpu_of(pid) - before

    for protocol in ("compact", "json"):
        small, large = cost(protocol, 1 << 18), cost(protocol, 1 << 20)
        # Quadratic would be 16 times; a tick is 10 ms, so leave room for one.
        assert large <= 8 * (small + 2), (protocol, small, large)


def mixed_dialects_on_one_connection():
    needs()
    with socket.create_connection(("127.0.0.1", server.port), 30) as s:
        parts = [(p, f, [("echo_i32", i)])
                 for i, (p, f) in enumerate(dialects())]
        for part in parts:
            s.sendall(request(*part))
            data = s.recv(4096)
            got = replies(part[0], part[1], data, part[2])
            assert got == [part[2][0][1]], (part, data)


def strangers_are_closed_and_harm_nobody():
    needs()
    with Peer("compact", "framed") as c:
        for data in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     TLS_HELLO, b"\xff\xff\xff\xff", b"\x80\x00\x00\x00",
                     b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00",
                     b"\x82\x22\x00\x00", b"\x80\x01\x00\x01\xff\xff\xff\xff",
                     b"\x82\x21\x00\x01x\x19\xfc" + b"\xff" * 9 + b"\x01",
                     struct.pack(">I", 16384001), b"\x00", b"[1}",
                     b'[1,"nothing",2,0,{}]', b'[3,"nothing",1,0,{}]',
                     b"[" * 2000, b'["', b'{"a":1}'):
            with socket.create_connection(("127.0.0.1", server.port),
                                          30) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                try:
                    assert read_all(s) == (
                        TLS_ALERT if data == TLS_HELLO else b""), data
                except ConnectionResetError:
                    pass
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
            with socket.create_connection(("127.0.0.1", server.port),
                                          30) as s:
                s.sendall(struct.pack(">I", len(body)) + body + after)
                s.shutdown(socket.SHUT_WR)
                data = read_all(s)
            memory = TTransport.TMemoryBuffer(data)
            c = Echo.Client(PROTOCOLS[protocol](
                TTransport.TFramedTransport(memory)))
            try:
                c.recv_echo_struct()
                assert False, "no exception"
            except TApplicationException as e:
                assert e.type == TApplicationException.PROTOCOL_ERROR, e
            assert c.recv_echo_i32() == 8


def half_a_message_moves():
    """A reload between two halves of a message: the new worker answers it."""
    needs()
    data = {d: request(*d, [("echo_struct", outer()), ("echo_i32", 1)])
            for d in dialects()}
    before = server.workers()
    conns = {}
    for d in data:
        conns[d] = socket.create_connection(("127.0.0.1", server.port), 30)
        conns[d].sendall(data[d][:len(data[d]) // 2])
        # It is on its way before any other is.
        with Peer(*d) as c:
            c.nothing()
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


class Handler:
    """What their server does; the kinds that our client is asked to call."""

    def nothing(self):
        pass

    def __init__(self, name):
        self.name = name

    def inherited(self, text):
        return self.name + " " + text

    def refuse(self, code, why):
        if code:
            raise ttypes.Refused(code, why)
        return 0

    def fail(self, why):
        raise ValueError(why)

    def note(self, number):
        self.sum = getattr(self, "sum", 0) + number

    def noted(self):
        return getattr(self, "sum", 0)

    def __getattr__(self, name):
        if name.startswith("echo_"):
            return lambda v: v
        raise AttributeError(name)


class HeaderFactory(THeaderProtocolFactory if not why_not else object):
    """Keeps the last protocol, to be asked for its headers."""

    def getProtocol(self, t):
        self.last = super().getProtocol(t)
        return self.last


def their_http_server(processor, factory):
    s = THttpServer.THttpServer(processor, ("127.0.0.1", 0), factory)
    s.httpd.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=s.serve, daemon=True).start()
    return s.httpd.server_address[1]


def their_server(protocol, framing):
    listening = TSocket.TServerSocket("127.0.0.1", 0)
    listening.listen()
    port = listening.handle.getsockname()[1]
    listening.listen = lambda: None
    transport = TTransport.TFramedTransportFactory() \
        if framing == "framed" else TTransport.TBufferedTransportFactory()
    if framing not in FRAMINGS:
        transport = TTransport.TTransportFactoryBase()

    class Factory:
        def getProtocol(self, t):
            return PROTOCOLS[protocol](t)

    processor = TMultiplexedProcessor()
    processor.registerDefault(Echo.Processor(Handler("base")))
    processor.registerProcessor("named", Echo.Processor(Handler("named")))
    factory = Factory() if framing in TRANSPORTS else HeaderFactory()
    if framing == "http":
        listening.close()
        return their_http_server(processor, factory), factory
    s = TServer.TThreadedServer(processor, listening, transport, factory,
                                daemon=True)
    threading.Thread(target=s.serve, daemon=True).start()
    return port, factory


def ours(port, protocol, framing, method, args=None, service=""):
    framing, _, transforms = framing.partition("+")
    done = subprocess.run(
        [built("thriftfork-call"), "-p", protocol, "-s", service,
         "-H", "key=a=b"] +
        (["http://127.0.0.1:%d/x" % port] if framing == "http" else
         ["-f", framing, "-o", "transforms=" + (transforms or "none"),
          "127.0.0.1:%d" % port]) +
        [source("tests/interop/echo.thrift"), "Echo." + method] +
        ([json.dumps(args)] if args else []),
        capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def our_client(protocol, framing):
    def run():
        if why_not:
            raise Skip(why_not)
        port, factory = their_server(protocol, framing)

        def call(method, args=None, service=""):
            rc, out, err = ours(port, protocol, framing, method, args,
                                service)
            assert rc == 0, (method, rc, err)
            return json.loads(out) if out else None

        inner = {"number": -7, "text": "inner \u00e9"}
        big = {"flag": True, "tiny": -128, "small": -32768, "medium": 5,
               "large": -2**63, "real": 0.1, "text": "t", "bytes": "AAEC/w==",
               "inner": inner, "inners": [inner] * 20,
               "lists": {"a": [1, 2], "b": []}, "numbers": [1],
               "colour": "BLUE", "perhaps": 2**63 - 1, "flags": [True, False]}
        assert call("nothing") is None
        if framing not in TRANSPORTS:
            assert factory.last.get_headers() == {
                b"key": b"a=b", b"client_timeout": b"10000"}
        assert call("inherited", {"text": "x"}) == "base x"
        assert call("inherited", {"text": "x"}, "named") == "named x"
        for method, v in [("echo_bool", True), ("echo_i8", -128),
                          ("echo_i16", 32767), ("echo_i32", -2**31),
                          ("echo_i64", 2**63 - 1), ("echo_double", 1e-300),
                          ("echo_double", "-Infinity"),
                          ("echo_string", "\u00e9\u4e16\U0001f600"),
                          ("echo_binary", "AAEC/w=="), ("echo_struct", big),
                          ("echo_list", [inner]), ("echo_set", ["a"]),
                          ("echo_map", {"1": "one"}),
                          ("echo_map_of_lists", {"a": [1, 2, 3]}),
                          ("echo_union", {"text": "u"}),
                          ("echo_enum", "GREEN")]:
            assert call(method, {"v": v}) == v, method
        rc, _, err = ours(port, protocol, framing, "refuse",
                          {"code": 3, "why": "w"})
        assert rc == 1 and 'threw Refused {"code":3,"why":"w"}' in err, err
        rc, _, err = ours(port, protocol, framing, "fail", {"why": "w"})
        assert rc == 1 and "Internal error" in err, err
        call("note", {"number": 7})
        # A oneway on its own connection: wait until it has been handled.
        end = time.monotonic() + 30
        while call("noted") != 7:
            assert time.monotonic() < end
    run.__name__ = "our client, their server, %s %s" % (protocol, framing)
    return run


main([case(p, f) for p in PROTOCOLS for f in FRAMINGS] +
     [case(p, "http") for p in PROTOCOLS if "accelerated" not in p] +
     [case(p, f) for p, f in HEADERS] +
     [services(p, f) for p in ("compact", "binary", "json")
      for f in TRANSPORTS] +
     [services(p, f) for p, f in HEADERS] +
     [headers(p, f) for p, f in HEADERS] +
     [errors_that_they_can_read,
      methods_are_counted_by_service, settings_by_service,
      half_a_message_moves,
      pipelined_and_half_closed, byte_by_byte,
      large_unframed_message_in_linear_time, mixed_dialects_on_one_connection,
      strangers_are_closed_and_harm_nobody,
      a_bad_frame_does_not_harm_the_next, ends_in_order] +
     [our_client(p, f) for p in ("compact", "binary", "json")
      for f in TRANSPORTS] + [our_client(p, f) for p, f in HEADERS])
