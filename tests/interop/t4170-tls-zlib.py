#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TSSLSocket and TZlibTransport of python3-thrift: its clients against our
server, each by itself and one within the other, and our client against its
servers."""

import logging
import os
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import launcher
from harness import DEADLINE, Server, Skip, built, main, python_client, source
from tls import Authority

try:
    from thrift.protocol import TBinaryProtocol, TCompactProtocol
    from thrift.server import TServer
    from thrift.transport import TSSLSocket, TSocket, TTransport
    from thrift.transport import TZlibTransport
    sys.path.insert(0, python_client(source("tests/interop/echo.thrift")))
    from echo import Echo
    why_not = None
except (ImportError, Skip) as e:
    why_not = "no python3-thrift or thrift-compiler: %s" % e

logging.disable()
CA = Authority()
PROTOCOLS = {"compact": "TCompactProtocol", "binary": "TBinaryProtocol"}
FRAMINGS = {"framed": "TFramedTransport", "unframed": "TBufferedTransport"}


def factory(protocol):
    module = TCompactProtocol if protocol == "compact" else TBinaryProtocol
    return getattr(module, PROTOCOLS[protocol] + "Factory")()


def pairs():
    if why_not:
        raise Skip(why_not)
    return [(p, f) for p in PROTOCOLS for f in FRAMINGS]


def their_clients():
    """over TLS, in a zlib stream, and in one over TLS"""
    all_pairs = pairs()
    crt, key = CA.issue("server")
    own = CA.issue("a client")
    s = Server([built("thriftfork"), "run", built(".libs/echo.so")], "-o",
               "tls-certificate=" + crt, "-o", "tls-key=" + key, "-o",
               "tls-client-ca=" + CA.ca)
    for protocol, framing in all_pairs:
        for tls, zlib in (True, False), (False, True), (True, True):
            t = TSSLSocket.TSSLSocket(
                "localhost", s.port, ca_certs=CA.ca, certfile=own[0],
                keyfile=own[1], cert_reqs=ssl.CERT_REQUIRED) if tls \
                else TSocket.TSocket("127.0.0.1", s.port)
            if zlib:
                t = TZlibTransport.TZlibTransport(t)
            t = getattr(TTransport, FRAMINGS[framing])(t)
            client = Echo.Client(factory(protocol).getProtocol(t))
            t.open()
            for i in range(50):
                assert client.echo_string("x" * i * 100) == "x" * i * 100
            t.close()
    counters = s.status()["counters"]
    assert counters["tls_handshakes"] == 8, counters
    assert counters["tls_errors"] == counters["protocol_errors"] == 0
    assert s.stop() == 0


class Handler:
    def echo_string(self, v):
        return v


class ZlibFactory:
    """Of one framing, around zlib."""

    def __init__(self, framing, zlib):
        self.framing, self.zlib, self.made = framing, zlib, {}

    def getTransport(self, t):
        # Called for input and for output, of which zlib wants to be one.
        if t not in self.made:
            inner = TZlibTransport.TZlibTransport(t) if self.zlib else t
            self.made[t] = getattr(TTransport, FRAMINGS[self.framing])(inner)
        return self.made[t]


def their_servers():
    """and our client, in each of the three ways"""
    all_pairs = pairs()
    crt, key = CA.issue("server")
    for protocol, framing in all_pairs:
        for tls, zlib in (True, False), (False, True), (True, True):
            t = TSSLSocket.TSSLServerSocket("127.0.0.1", 0, certfile=crt,
                                            keyfile=key) if tls \
                else TSocket.TServerSocket("127.0.0.1", 0)
            ready, listen = threading.Event(), t.listen
            t.listen = lambda: (listen(), ready.set())
            server = TServer.TThreadedServer(
                Echo.Processor(Handler()), t, ZlibFactory(framing, zlib),
                factory(protocol), daemon=True)
            threading.Thread(target=server.serve, daemon=True).start()
            assert ready.wait(DEADLINE)
            where = "%s127.0.0.1:%d" % ("tls://" if tls else "",
                                        t.handle.getsockname()[1])
            done = launcher("call", "-p", protocol, "-f", framing, "-o",
                            "tls-ca=" + CA.ca, "-o", "zlib=" +
                            ("yes" if zlib else "no"), where,
                            source("tests/interop/echo.thrift"), "Echo.echo_string",
                            '{"v": "%s"}' % ("y" * 5000))
            assert done.stdout == '"%s"\n' % ("y" * 5000), (where, done)
            t.close()


main([their_clients, their_servers])
