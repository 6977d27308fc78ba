#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP as Python's http.client has it: health checks, scanners, the one path
that is configured, connections that are kept over a reload."""

import http.client
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, built, main, until

PING = b'[1,"nothing",1,7,{}]'
PONG = b'[1,"nothing",2,7,{}]'
server = None


def start(*options):
    global server
    if server is not None:
        assert server.stop() == 0
    server = Server([built("thriftfork"), "run", built(".libs/echo.so")],
                    *options, workers=1)


class Conn(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("127.0.0.1", server.port, timeout=30)

    def ask(self, method, path, body=None, **headers):
        self.request(method, path, body, headers)
        r = self.getresponse()
        return r.status, r.read()


def calls_and_probes():
    start()
    c = Conn()
    for i in range(3):
        assert c.ask("POST", "/any?thing", PING) == (200, PONG)
        assert c.ask("GET", "/") == (200, b"OK\n")
        assert c.ask("HEAD", "/") == (200, b"")
        assert c.ask("OPTIONS", "*") == (200, b"")
        assert c.ask("GET", "/robots.txt")[0] == 405
    assert c.sock is not None        # one connection for all
    assert c.ask("POST", "/", iter([PING[:5], PING[5:]])) == (200, PONG)
    assert c.ask("POST", "/", PING, Connection="close") == (200, PONG)
    assert c.sock is None


def a_flood_of_a_scanner():
    """at most a line each second, and others do not notice"""
    seen = len(server.drain_log())
    c, began, asked = Conn(), time.monotonic(), 0
    assert c.ask("POST", "/", PING) == (200, PONG)
    while time.monotonic() < began + 2:
        s = Conn()
        assert s.ask("GET", "/.env%d" % asked)[0] == 405
        s.close()
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(b"GET /\r\n\r\n")
            assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")
        asked += 1
    assert c.ask("POST", "/", PING) == (200, PONG)
    assert asked > 20, asked
    log = server.drain_log()[seen:]
    assert 1 <= log.count("\n") <= time.monotonic() - began + 1, log
    counters = server.status()["counters"]
    assert counters["http_refused"] >= asked
    assert counters["protocol_errors"] == asked


def a_kept_connection_moves():
    """a reload: idle, in mid-head and in mid-body; none is closed"""
    request = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(PING)
    request += PING
    before = set(server.workers().values())
    conns = [Conn() for _ in range(len(request))]
    for i, c in enumerate(conns):
        assert c.ask("POST", "/", PING) == (200, PONG)
        c.sock.sendall(request[:i])
    assert Conn().ask("POST", "/", PING) == (200, PONG)
    closed = server.status()["counters"]["connections_closed"]
    subprocess.run([built("thriftfork"), "reload", "-n", server.name],
                   check=True, timeout=60)
    until(lambda: not before & set(server.workers().values()),
          "the old worker has gone")
    for i, c in enumerate(conns):
        c.sock.sendall(request[i:])
        r = http.client.HTTPResponse(c.sock)
        r.begin()
        assert (r.status, r.read()) == (200, PONG)
        assert c.ask("POST", "/", PING) == (200, PONG)
    counters = server.status()["counters"]
    assert counters["connections_moved_in"] >= len(conns)
    assert counters["connections_closed"] <= closed + 2


def one_path():
    start("-o", "http-path=/thrift")
    c = Conn()
    assert c.ask("POST", "/thrift", PING) == (200, PONG)
    assert c.ask("POST", "/", PING)[0] == 404
    assert c.ask("GET", "/") == (200, b"OK\n")
    assert c.ask("POST", "/thrift?x", PING) == (200, PONG)
    done = subprocess.run([built("thriftfork"), "run", "-t", "-o",
                           "http-path=thrift", built(".libs/echo.so")],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode != 0, done
    assert "http-path: 'thrift' is no path" in done.stderr, done


def ends_in_order():
    assert server.stop() == 0


main([calls_and_probes, a_flood_of_a_scanner, a_kept_connection_moves,
      one_path, ends_in_order])
