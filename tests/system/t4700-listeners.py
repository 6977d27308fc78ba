#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Listeners that serve different things in one server: what each refuses, what
strangers hear and what is said of them, and that a reload or an upgrade changes
all that while nobody who is served feels it."""

import contextlib
import os
import re
import shutil
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, fifo, text, under_load
from daemon import launcher
from harness import DEADLINE, Skip, main, tempdir, until
from tls import Authority
from upgraded import Upgraded

COMPACT = b"\x82\x21\x07\x04peer\0"
BINARY = b"\x80\x01\0\x01\0\0\0\x04peer\0\0\0\x07\0"
JSON = b'[1,"peer",1,7,{}]'
HEADER = b"PROXY TCP4 10.1.2.3 192.0.2.1 5432 80\r\n"
WHO = b"10.1.2.3:5432"


class Served(Upgraded, Bed):
    """All of its addresses come from the configuration."""

    def __init__(self, conf, **more):
        super().__init__(conf=conf, listen=None, **more)

    def reloaded(self, conf):
        self.conf(conf)
        self.succeeds("reload")

    def where(self):
        """What the server says, but for the port."""
        return self.status()["listen"].replace(":%d" % self.port, ":PORT")


def framed(message):
    return len(message).to_bytes(4, "big") + message


class Raw:
    """A connection and the bytes on it."""

    def __init__(self, where, *said):
        family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(where if isinstance(where, str) else
                            ("127.0.0.1", where.port))
        for data in said:
            self.socket.sendall(data)

    def ask(self, data):
        """What comes back at once; nothing at the end of the connection."""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            self.socket.sendall(data)
            return self.socket.recv(1000)
        return b""

    def close(self):
        self.socket.close()


def asked(where, data):
    raw = Raw(where)
    answer = raw.ask(data)
    raw.close()
    return answer


def two_that_differ():
    path = os.path.join(tempdir(), "s o,c")
    s = Served("listen 127.0.0.1:0 protocols=compact+framed\n"
               "listen \"unix:%s\" proxy=on\n" % path.replace(",", "\\\\,"))
    listen = "127.0.0.1:PORT,protocols=compact+framed unix:%s,proxy=on" % path
    assert s.where() == listen, s.status()
    done = launcher("status", "-n", s.name)
    assert "listening on " + listen.replace("PORT", str(s.port)) in \
        done.stdout, done
    assert b"127.0.0.1:" in asked(s, framed(COMPACT))
    for data in (COMPACT, framed(BINARY), BINARY, framed(JSON), JSON,
                 HEADER + framed(COMPACT)):
        assert asked(s, data) == b"", data
        for said in (HEADER, b"PROXY UNKNOWN\r\n"):
            raw = Raw(path)
            assert (WHO if said == HEADER else b"unix") in \
                raw.ask(said + data) or data.startswith(HEADER), data
            raw.close()
        assert asked(path, data) == b"" or data.startswith(HEADER), data
    log = s.drain_log()
    assert re.search(r"listening on unix:\S+ o,c \(proxy=on\)", log), log
    assert s.stop() == 0


def strangers_make_no_noise():
    s = Bed(workers=1)
    since = time.monotonic()
    for _ in range(100):
        for data in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"BIGF\0\0\0\0",
                     b"\1\0\0\0\5PLAIN\5\0\0\0\0", b"SSH-2.0-x\r\n",
                     b"\xff\xfe" + os.urandom(30)):
            assert asked(s, data) == b"", data
    assert asked(s, framed(COMPACT)) != b""
    took = time.monotonic() - since
    log = s.drain_log()
    lines = log.count("closed: ")
    assert 1 <= lines <= took + 1, (lines, took, log)
    skipped = sum(int(n) for n in re.findall(r"\((\d+) more like this", log))
    assert skipped + lines <= 500, log
    assert s.status()["counters"]["protocol_errors"] == 500, s.status()
    assert s.stop() == 0


def leaving_without_a_word():
    """is not worth one either"""
    s = Bed(workers=1)
    for i in range(200):
        Raw(s, *[b"", b"P", b"\x82", b"\0\0\0\x20\x82"][i % 4:][:1]).close()
    assert asked(s, framed(COMPACT)) != b""
    until(lambda: s.status()["counters"]["connections_closed"] >= 201,
          "all are gone")
    assert "closed" not in s.drain_log(), s.log
    assert s.stop() == 0


def a_client_of_tls_is_told():
    s = Served("listen 127.0.0.1:0 tls=off\nlisten 127.0.0.2:0\n")
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
        try:
            context.wrap_socket(c, server_hostname="localhost")
            raise AssertionError("there is TLS")
        except ssl.SSLError as e:
            assert "HANDSHAKE_FAILURE" in e.reason, e
    s.await_log("closed: a TLS hello, which is switched off here")
    assert s.stop() == 0


def reload_changes_what_is_served():
    """and nobody who is served feels it"""
    s = Served("listen 127.0.0.1:0\n")
    with under_load(s, calls=500):
        for i in range(3):
            binary = Raw(s)
            assert b"127.0.0.1:" in binary.ask(framed(BINARY))
            s.reloaded("listen 127.0.0.1:0 protocols=compact+framed\n")
            assert s.where() == "127.0.0.1:PORT,protocols=compact+framed"
            for data in (BINARY, framed(BINARY), JSON, COMPACT):
                assert asked(s, data) == b"", data
            # It has moved, or will, and goes by the new rules then.
            until(lambda: binary.ask(framed(BINARY)) == b"", "it is closed")
            binary.close()
            s.fails("listen: cannot be changed by a reload",
                    *refused_conf(s, "listen 127.0.0.2:0\n"))
            s.fails(":1: listen: 127.0.0.1:0: tls: '1' is not auto, on or off",
                    *refused_conf(s, "listen 127.0.0.1:0 tls=1\n"))
            assert asked(s, BINARY) == b""
            s.reloaded("listen 127.0.0.1:0\n")
            assert s.where() == "127.0.0.1:PORT"
            for data in (BINARY, framed(BINARY), JSON, COMPACT):
                assert b"127.0.0.1:" in asked(s, data), data
    s.settle()
    assert s.stop() == 0


def refused_conf(s, conf):
    s.conf(conf)
    return ("reload",)


def the_client_stays_who_it_is():
    """and its header is not asked for again, nor lost if it comes in two"""
    s = Served("listen 127.0.0.1:0 proxy=on\n", workers=3)
    raws = [Raw(s, HEADER) for _ in range(12)]
    for raw in raws:
        assert WHO in raw.ask(framed(COMPACT))
    for i in range(3):
        half = Raw(s, HEADER[:20])
        mute = Raw(s)
        s.reloaded("listen 127.0.0.1:0 proxy=on protocols=compact\n")
        for raw in raws:
            assert WHO in raw.ask(framed(COMPACT))
        assert WHO in half.ask(HEADER[20:] + framed(COMPACT))
        raws.append(half)
        mute.close()
        s.settle()
        for raw in raws:
            assert WHO in raw.ask(framed(COMPACT))
    assert s.status()["counters"]["connections_moved_in"] >= 36, s.status()
    s.succeeds("scale", "1")
    s.settle()
    for raw in raws:
        assert WHO in raw.ask(framed(COMPACT))
    assert asked(s, framed(COMPACT)) == b""
    assert s.stop() == 0


def a_proxy_comes_and_goes():
    """in the middle of calls, and whoever is there stays"""
    s = Served("listen 127.0.0.1:0\n")
    plain = Raw(s)
    assert b"127.0.0.1:" in plain.ask(framed(COMPACT))
    s.reloaded("listen 127.0.0.1:0 proxy=on\n")
    proxied = Raw(s, HEADER)
    for i in range(20):
        assert b"127.0.0.1:" in plain.ask(framed(COMPACT))
        assert WHO in proxied.ask(framed(COMPACT))
    assert asked(s, framed(COMPACT)) == b""
    s.reloaded("listen 127.0.0.1:0\n")
    for i in range(20):
        assert b"127.0.0.1:" in plain.ask(framed(COMPACT))
        assert WHO in proxied.ask(framed(COMPACT))
    assert b"127.0.0.1:" in asked(s, framed(COMPACT))
    assert asked(s, HEADER + framed(COMPACT)) == b""
    assert s.stop() == 0


def an_upgrade_takes_them_along():
    s = Served("listen 127.0.0.1:0 proxy=on\n")
    raw = Raw(s, HEADER)
    assert WHO in raw.ask(framed(COMPACT))
    s.conf("listen 127.0.0.1:0 proxy=on protocols=compact\n")
    s.upgrade()
    assert s.where() == "127.0.0.1:PORT,protocols=compact,proxy=on"
    assert WHO in raw.ask(framed(COMPACT))
    assert WHO in asked(s, HEADER + framed(COMPACT))
    assert asked(s, HEADER + JSON) == b""
    assert asked(s, framed(COMPACT)) == b""
    # One that fails leaves what is shown as it was.
    s.conf("listen 127.0.0.1:0 proxy=on\nlisten 127.0.0.2:0\n")
    s.mood("refuse-start")
    s.refused("the new master exited with 1 before it served")
    assert s.where() == "127.0.0.1:PORT,protocols=compact,proxy=on"
    s.mood("good")
    s.end()


def who_hangs_is_helped_by_the_same_rules():
    """the socket of a slot that is busy is served by another worker"""
    s = Served("listen 127.0.0.1:0 proxy=on protocols=compact\n"
               "rescue-after 50ms\nlog-level debug\n", workers=2)
    path = fifo()
    held = Raw(s, HEADER, framed(b"\x82\x21\x07\x04hold" + text(path)))
    with open(path, "wb"):
        s.await_log(r"accepts for slot \d+ meanwhile")
        for _ in range(30):
            assert WHO in asked(s, HEADER + framed(COMPACT))
            assert asked(s, framed(COMPACT)) == b""
            assert asked(s, HEADER + JSON) == b""
    held.close()
    assert s.stop() == 0


def tls_behind_a_proxy():
    """its hello may come with the header or after it"""
    if shutil.which("openssl") is None:
        raise Skip("no openssl")
    ca = Authority()
    keys = "tls-certificate %s\ntls-key %s\n" % ca.issue("server")
    s = Served("listen 127.0.0.1:0 proxy=on tls=on protocols=compact\n" + keys)
    for together in (0, 1, 0, 1):
        raw = Raw(s)
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, together)
        raw.socket.sendall(HEADER)
        raw.socket = ca.context().wrap_socket(raw.socket,
                                              server_hostname="localhost")
        assert WHO in raw.ask(framed(COMPACT))
        s.succeeds("reload")
        assert WHO in raw.ask(COMPACT)
        with contextlib.suppress(ssl.SSLEOFError):
            assert raw.ask(framed(BINARY)) == b""
        raw.close()
    assert asked(s, HEADER + framed(COMPACT)) == b""
    with socket.create_connection(("127.0.0.1", s.port), DEADLINE) as c:
        try:                    # to whom no header was sent before
            ca.context().wrap_socket(c, server_hostname="localhost")
            raise AssertionError("it was let in")
        except (ssl.SSLError, ConnectionResetError):
            pass
    assert s.status()["counters"]["protocol_errors"] == 6, s.drain_log()
    assert s.stop() == 0


main([two_that_differ, strangers_make_no_noise, leaving_without_a_word,
      a_client_of_tls_is_told, reload_changes_what_is_served,
      the_client_stays_who_it_is, a_proxy_comes_and_goes,
      an_upgrade_takes_them_along, who_hangs_is_helped_by_the_same_rules,
      tls_behind_a_proxy])
