#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The echo service spoken by python3-thrift: what a row of the matrix of pairs
is in its classes, a call of every kind, and its servers; as a program it is a
peer of t4100-pairs.py, which says what such a one reads and prints."""

import logging
import math
import os
import ssl
import struct
import sys
import threading
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import python_client, source

from thrift.Thrift import TApplicationException, TMessageType
from thrift.TMultiplexedProcessor import TMultiplexedProcessor
from thrift.protocol import TBinaryProtocol, TCompactProtocol
from thrift.protocol import TJSONProtocol, TMultiplexedProtocol
from thrift.protocol.THeaderProtocol import THeaderProtocol
from thrift.protocol.THeaderProtocol import THeaderProtocolFactory
from thrift.server import THttpServer, TServer
from thrift.transport import THttpClient, TSSLSocket, TSocket, TTransport
from thrift.transport import TZlibTransport
from thrift.transport.THeaderTransport import THeaderClientType
from thrift.transport.THeaderTransport import THeaderTransformID

sys.path.insert(0, python_client(source("tests/interop/echo.thrift")))
from echo import Echo, ttypes

logging.disable()            # their server logs each failing handler
warnings.simplefilter("ignore", DeprecationWarning)     # of their TLS

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
    "framed": TTransport.TFramedTransport,
    "unframed": TTransport.TBufferedTransport,
}
HEADER = {"binary": 0, "compact": 2}


def http(address, tls=None):
    if tls is None:
        return THttpClient.THttpClient("http://%s/any" % address)
    context = ssl.create_default_context(cafile=tls["ca"])
    context.load_cert_chain(tls["crt"], tls["key"])
    return THttpClient.THttpClient("https://%s/any" % address,
                                   ssl_context=context)


def client_socket(address, tls=None):
    host, _, port = address.rpartition(":")
    where = {"unix_socket": port} if host == "unix" else \
        {"host": host, "port": int(port)}
    if tls is None:
        return TSocket.TSocket(**where)
    return TSSLSocket.TSSLSocket(
        **where, ca_certs=tls["ca"], certfile=tls["crt"], keyfile=tls["key"],
        cert_reqs=ssl.CERT_REQUIRED, server_hostname="localhost")


def client_transport(address, framing, layers="plain", tls=None):
    if "tls" not in layers:
        tls = None
    if framing == "http":
        return http(address, tls)
    t = client_socket(address, tls)
    if "zlib" in layers:
        t = TZlibTransport.TZlibTransport(t)
    return FRAMINGS[framing](t) if framing in FRAMINGS else t


def protocol_on(t, protocol, framing):
    if not framing.startswith("header"):
        return PROTOCOLS[protocol](t)
    p = THeaderProtocol(t, (THeaderClientType.HEADERS,), HEADER[protocol])
    if framing == "header+zlib":
        p.add_transform(THeaderTransformID.ZLIB)
    return p


class Peer:
    """A generated client over one dialect."""

    def __init__(self, address, protocol, framing, *wrapped):
        t = client_transport(address, framing, *wrapped)
        self.protocol = protocol_on(t, protocol, framing)
        self.transport = self.protocol.trans
        self.transport.open()

    def of(self, service=None):
        """A client; several may share the connection."""
        return Echo.Client(TMultiplexedProtocol.TMultiplexedProtocol(
            self.protocol, service) if service else self.protocol)

    def __enter__(self):
        return self

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


def scalars(c):
    assert c.nothing() is None
    for v in (True, False):
        assert c.echo_bool(v) is v
    for name, bits in (("i8", 8), ("i16", 16), ("i32", 32), ("i64", 64)):
        for v in (0, 1, -1, 2**(bits - 1) - 1, -2**(bits - 1)):
            assert getattr(c, "echo_" + name)(v) == v
    for v in (0.0, -0.0, 1.5, 1e307, 5e-324, math.inf, -math.inf):
        assert struct.pack("d", c.echo_double(v)) == struct.pack("d", v)
    assert math.isnan(c.echo_double(math.nan))
    for v in (1, 2, 4, 77):
        assert c.echo_enum(v) == v
    for v in ("", "\0", "a\0b", "\u00e9\u4e16\U0001f600", "x" * 70000,
              "".join(map(chr, range(1, 0xd800, 37)))):
        assert c.echo_string(v) == v
    for v in (b"", bytes(range(256)), b"\xff" * 5000):
        assert c.echo_binary(v) == v


def containers(c):
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


def refused(kind, call, *args):
    """The TApplicationException of that kind which the call must raise."""
    try:
        call(*args)
    except TApplicationException as e:
        assert e.type == kind, (e.type, e.message)
        return e.message
    raise AssertionError("no exception")


def failures(c, service):
    assert c.inherited("x") == service + " x"
    assert c.refuse(0, "") == 0
    try:
        c.refuse(42, "declared")
        assert False, "no exception"
    except ttypes.Refused as e:
        assert e.code == 42 and e.why == "declared"
    assert refused(TApplicationException.INTERNAL_ERROR, c.fail,
                   "undeclared") == "undeclared"
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


def every_kind(peer):
    c = peer.of()
    scalars(c)
    containers(c)
    failures(c, "base")
    unknown_method(c)


def services(peer):
    """Two instances of a service beside the default one, on one connection."""
    default = peer.of()
    first, second = peer.of("first"), peer.of("second")
    failures(first, "first")
    containers(first)
    for i in range(3):
        assert second.echo_i32(i) == i + 1
        assert first.echo_i32(i) == default.echo_i32(i) == i
        assert second.inherited("x") == "second x"
    for service, text in (
            ("nobody", "unknown service 'nobody', of method 'nothing'"),
            ("first:second",
             "service 'first' has no method 'second:nothing'")):
        assert refused(TApplicationException.UNKNOWN_METHOD,
                       peer.of(service).nothing) == text
    assert second.echo_i32(1) == 2


class Handler:
    """What their server does."""

    def nothing(self):
        pass

    def __init__(self, name):
        self.name, self.sum = name, 0

    def inherited(self, text):
        return self.name + " " + text

    def refuse(self, code, why):
        if code:
            raise ttypes.Refused(code, why)
        return 0

    def fail(self, why):
        raise ValueError(why)

    def note(self, number):
        self.sum += number

    def noted(self):
        return self.sum

    def __getattr__(self, name):
        if name.startswith("echo_"):
            return lambda v: v
        raise AttributeError(name)


class Transports:
    """Of one framing, around zlib if it is wanted."""

    def __init__(self, framing, layers):
        self.framing, self.layers, self.made = framing, layers, {}

    def getTransport(self, t):
        # Called for input and for output, of which zlib wants to be one.
        if t not in self.made:
            inner = TZlibTransport.TZlibTransport(t) \
                if "zlib" in self.layers else t
            self.made[t] = FRAMINGS.get(self.framing, lambda t: t)(inner)
        return self.made[t]


class Protocols:
    def __init__(self, protocol):
        self.getProtocol = PROTOCOLS[protocol]


class HeaderProtocols(THeaderProtocolFactory):
    """Keeps the last protocol, to be asked for its headers."""

    def getProtocol(self, t):
        self.last = super().getProtocol(t)
        return self.last


def processor():
    p = TMultiplexedProcessor()
    p.registerDefault(Echo.Processor(Handler("base")))
    p.registerProcessor("named", Echo.Processor(Handler("named")))
    return p


def http_server(factory, tls):
    s = THttpServer.THttpServer(processor(), ("127.0.0.1", 0), factory)
    s.httpd.RequestHandlerClass.log_message = lambda *_: None
    s.httpd.handle_error = lambda *_: None
    if tls:     # its own way makes a client's context of it
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls["crt"], tls["key"])
        s.httpd.socket = context.wrap_socket(s.httpd.socket, server_side=True)
    threading.Thread(target=s.serve, daemon=True).start()
    return "127.0.0.1:%d" % s.httpd.server_address[1]


def listener(unix, tls):
    where = {"unix_socket": unix} if unix else {"host": "127.0.0.1", "port": 0}
    t = TSSLSocket.TSSLServerSocket(**where, certfile=tls["crt"],
                                    keyfile=tls["key"]) if tls \
        else TSocket.TServerSocket(**where)
    t.listen()
    t.listen = lambda: None
    return t


def their_server(protocol, framing, layers="plain", unix=None, tls=None):
    """A server in a thread; its address, and the factory of its protocols."""
    factory = HeaderProtocols() if framing.startswith("header") \
        else Protocols(protocol)
    tls = tls if "tls" in layers else None
    if framing == "http":
        return http_server(factory, tls), factory
    t = listener(unix, tls)
    s = TServer.TThreadedServer(processor(), t, Transports(framing, layers),
                                factory, daemon=True)
    threading.Thread(target=s.serve, daemon=True).start()
    return "unix:" + unix if unix else \
        "127.0.0.1:%d" % t.handle.getsockname()[1], factory


def run_client(tls, address, *row):
    with Peer(address, *row, tls) as peer:
        every_kind(peer)
    with Peer(address, *row, tls) as peer:
        services(peer)
    return "ok"


def run_server(tls, address, *row):
    unix = address[len("unix:"):] if address.startswith("unix:") else None
    return their_server(*row, unix, tls)[0]


def main(what, ca, crt, key):
    run = {"client": run_client, "server": run_server}[what]
    for line in sys.stdin:
        try:
            said = run({"ca": ca, "crt": crt, "key": key}, *line.split())
        except Exception as e:
            at = e.__traceback__
            while at.tb_next is not None:
                at = at.tb_next
            said = "line %d: %r" % (at.tb_lineno, e)
        print(said.replace("\n", " "), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
