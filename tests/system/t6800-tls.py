#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS on the port of all: told by its first bytes, with and without client
certificates, whose files change, and attacked."""

import contextlib
import functools
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, fifo, text, under_load
from daemon import (CALC, descriptors, launcher, proc, read, refused,
                    written)
from harness import DEADLINE, Skip, main, source, until
import tls
from tls import Authority, TlsPeer

CA = Authority()
settings = functools.partial(tls.settings, CA)
TESTBED_IDL = source("tests/system/testbed.thrift")


def count(s, name):
    return s.status()["counters"][name]


def told_apart():
    """by its first bytes, on the port of all; messages of any size"""
    s = Bed(conf=settings())
    plain, over = Peer(s), TlsPeer(s, CA.context())
    assert over.socket.version() == "TLSv1.3", over.socket.version()
    for _ in range(3):
        assert b"good" in plain.call("mood") and b"good" in over.call("mood")
    assert over.text("subject") == ""
    assert plain.call("subject").endswith(b"-\0")
    big = "x" * 1000000
    assert big.encode() in over.call("echo", text(big))
    for _ in range(200):
        over.send("echo", text(big[:5000]))
    for _ in range(200):
        assert big[:5000].encode() in over.reply()
    assert count(s, "tls_handshakes") == 1 and count(s, "tls_errors") == 0
    over.close()
    until(lambda: count(s, "connections_closed") == 1, "it is closed")
    assert s.stop() == 0


def on_or_off():
    """asked of all, of none, or not possible"""
    s = Bed(conf=settings(), listen="127.0.0.1:0,tls=on")
    assert Peer(s).call("mood") is None
    s.await_log(r"closed: framed without TLS, which is required here")
    assert b"good" in TlsPeer(s, CA.context()).call("mood")
    assert s.stop() == 0
    for conf, words, why in [
            (settings(), ",tls=off", ", which is switched off here"),
            ("", "", ", but there is no tls-certificate")]:
        s = Bed(conf=conf, workers=1, listen="127.0.0.1:0" + words)
        try:
            TlsPeer(s, CA.context())
            assert False, "TLS all the same"
        except ssl.SSLError as e:
            assert "alert handshake failure" in str(e).lower(), e
        s.await_log("closed: a TLS hello" + why)
        assert s.stop() == 0


def client_certificates():
    """asked for, seen by handlers, and refused"""
    s = Bed(conf=settings(tls_client_ca=CA.ca))
    other = Authority()
    peer = TlsPeer(s, CA.context(CA.issue("somebody")))
    assert peer.text("subject") == "CN=somebody", peer.text("subject")
    for own in None, other.issue("stranger"):
        with contextlib.suppress(ssl.SSLError, ConnectionResetError):
            assert TlsPeer(s, CA.context(own)).call("mood") is None
    until(lambda: count(s, "tls_errors") == 2, "both are counted")
    until(lambda: count(s, "closed_tls") == 2, "as what has closed them")
    assert count(s, "tls_handshakes") == 1
    assert s.stop() == 0


def refused_by_name():
    """files that are not there, or not what they should be"""
    crt, key = CA.issue("server")
    other = CA.issue("other")[1]
    bad = written(CA.dir, "bad", "no certificate at all")
    for options, words in [
        (["tls-certificate=/none", ], "tls: /none: No such file"),
        (["tls-certificate=" + CA.dir], CA.dir + ": is no file"),
        (["tls-certificate=" + bad], bad + ": is no certificate"),
        (["tls-certificate=" + crt], crt + ": is no private key"),
        (["tls-certificate=" + crt, "tls-key=" + other],
         other + ": is not the key of the certificate"),
        (["tls-certificate=" + crt, "tls-key=" + key,
          "tls-client-ca=" + bad], bad + ": holds no certificates"),
    ]:
        args = [w for o in options for w in ("-o", o)]
        refused(1, words, "run", "-t", *args, CALC)
    refused(2, "tls-key: needs a tls-certificate", "run", "-o",
            "tls-key=" + key, CALC)
    refused(2, "listen: tls=on needs a tls-certificate", "run", "-l",
            ":0,tls=on", CALC)


def rotation_refused():
    """a bad one is named; the good one stays, and a worker that dies too"""
    own = CA.issue("refused")
    s = Bed(conf=settings(own=own))
    good = open(own[0]).read()
    serial = TlsPeer(s, CA.context()).serial()
    for path, content in [(own[0], good[:200]), (own[1], "nothing"),
                          (own[0], open(CA.ca).read())]:
        before = open(path).read()
        written(CA.dir, os.path.basename(path), content)
        s.fails(r"refused\.(crt|key): is n", "reload")
        assert TlsPeer(s, CA.context()).serial() == serial
        written(CA.dir, os.path.basename(path), before)
    os.rename(own[0], own[0] + ".away")
    s.fails(own[0] + ": No such file", "reload")
    os.kill(s.workers()[0], 9)
    s.await_log(r"worker 0 pid \d+ serves")
    for _ in range(6):
        assert TlsPeer(s, CA.context()).serial() == serial
    os.rename(own[0] + ".away", own[0])
    CA.issue("refused")
    s.succeeds("reload")
    until(lambda: TlsPeer(s, CA.context()).serial() != serial, "it is shown")
    os.kill(s.workers()[1], 9)
    s.await_log(r"worker 1 pid \d+ serves")
    for _ in range(6):
        assert TlsPeer(s, CA.context()).serial() != serial
    assert s.stop() == 0


def replaced():
    """by a reload: what is in flight is answered, what is closed counted"""
    s = Bed(conf=settings(drain_timeout="1s"))
    idle, busy = TlsPeer(s, CA.context()), TlsPeer(s, CA.context())
    while idle.pid() == busy.pid():             # whose worker will wait
        busy.close()
        busy = TlsPeer(s, CA.context())
    path = fifo()
    busy.send("hold", text(path))
    with open(path, "wb", buffering=0) as end:
        s.mood("next")
        s.succeeds("reload")
        new = TlsPeer(s, CA.context())
        assert b"next" in new.call("mood")
        assert b"good" in idle.call("mood")     # where it was
        assert idle.ends()
        end.write(b"held")
    assert b"held" in busy.reply()
    assert busy.ends()
    s.settle()
    assert count(s, "connections_not_moved") == 2, s.status()["counters"]
    assert b"next" in new.call("mood")
    assert s.stop() == 0


def who_is_believed():
    """is new, and those who are not any more have to leave"""
    own = CA.issue("believed")
    s = Bed(conf=settings(own=own, drain_timeout="1s"))
    clients = written(CA.dir, "clients", read(CA.ca))
    nobody = TlsPeer(s, CA.context())
    assert b"good" in nobody.call("mood")
    s.conf(settings(own=own, drain_timeout="1s", tls_client_ca=clients))
    s.succeeds("reload")
    assert nobody.ends()
    somebody = TlsPeer(s, CA.context(CA.issue("somebody")))
    assert somebody.text("subject") == "CN=somebody"
    written(CA.dir, "clients", read(Authority().ca))
    s.succeeds("reload")
    assert somebody.ends()
    assert s.stop() == 0


def half_sent():
    """when its worker leaves: the rest may come, within a second"""
    s = Bed(conf=settings(drain_timeout="1s"), workers=1)
    idle, half = TlsPeer(s, CA.context()), Relay(s).shake()
    deaf = TlsPeer(s, CA.context())
    deaf.socket.setblocking(False)
    with contextlib.suppress(ssl.SSLWantWriteError):
        while True:
            deaf.send("echo", text("x" * 100000))
    old, = s.workers().values()
    half.tls.write(frame("mood"))
    record = half.out.read()
    half.socket.sendall(record[:-3])
    s.mood("next")
    s.succeeds("reload")
    assert idle.ends()
    # When it has noticed this, it has looked at the other one.
    n = len(descriptors(old))
    idle.close()
    until(lambda: len(descriptors(old)) < n, "it is closed")
    half.socket.sendall(record[-3:])
    assert b"good" in half.reply()
    assert half.ends()
    # Who does not read is still there, and not counted twice.
    os.kill(old, signal.SIGTERM)
    deaf.socket.settimeout(DEADLINE)
    with contextlib.suppress(ConnectionResetError):
        while deaf.socket.recv(1 << 20):
            pass
    s.settle()
    assert count(s, "connections_not_moved") == 3
    assert s.stop() == 0


def resumed():
    """by any worker, of any generation, with the same certificate"""
    s = Bed(conf=settings(), workers=4)
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        context = CA.context(version=version)
        peer = TlsPeer(s, context)
        peer.call("mood")
        pids = set()
        session = peer.socket.session
        for i in range(12):
            again = TlsPeer(s, context, session)
            pids.add(again.pid())
            assert again.socket.session_reused, (version, i)
            again.close()
        assert len(pids) > 1, pids
        s.succeeds("reload")
        again = TlsPeer(s, context, session)
        assert again.socket.session_reused and again.pid() not in pids
    assert count(s, "tls_resumed") == 26
    CA.issue("server")
    s.succeeds("reload")
    until(lambda: not TlsPeer(s, context, session).socket.session_reused,
          "a new key seals the next ones")
    assert s.stop() == 0


def privilege():
    """workers need not be able to read the key"""
    if os.getuid() != 0:
        raise Skip("not root")
    own = CA.issue("private")
    assert os.stat(own[1]).st_mode & 0o77 == 0
    s = Bed(conf=settings(own=own, user="nobody"))
    serial = TlsPeer(s, CA.context()).serial()
    CA.issue("private")
    s.succeeds("reload")
    until(lambda: TlsPeer(s, CA.context()).serial() != serial, "it is shown")
    assert s.stop() == 0


def on_fewer_processors():
    """workers auto: a renewal sees how many there are now, as a reload does"""
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip("there is one processor")
    own = CA.issue("fewer")
    s = Bed(conf=settings(own=own, workers="auto"), workers=None)
    n = len(os.sched_getaffinity(s.pid))
    until(lambda: len(s.workers()) == n, "they serve")
    os.sched_setaffinity(s.pid, {min(os.sched_getaffinity(s.pid))})
    CA.issue("fewer")
    s.succeeds("reload")
    s.await_log("generation 1 goes on, renewed")
    until(lambda: len(s.workers()) == 1, "the others leave")
    assert s.status()["master"]["workers"] == 1
    s.succeeds("reload")
    s.await_log("generation 2 serves")
    assert s.stop() == 0


class Relay:
    """A TLS client over memory, so that its bytes can be tampered with."""

    def __init__(self, server, context=None):
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or CA.context()).wrap_bio(
            self.into, self.out, server_hostname="localhost")
        self.socket = socket.create_connection(("127.0.0.1", server.port),
                                               DEADLINE)

    def shake(self, piece=1 << 20):
        while True:
            try:
                self.tls.do_handshake()
                return self.flush(piece)
            except ssl.SSLWantReadError:
                self.flush(piece)
                self.fill()

    def flush(self, piece=1 << 20):
        data = self.out.read()
        for i in range(0, len(data), piece):
            self.socket.sendall(data[i:i + piece])
        return self

    def fill(self):
        data = self.socket.recv(65536)
        assert data, "the server has closed"
        self.into.write(data)

    def read(self, n):
        data = b""
        while len(data) < n:
            try:
                more = self.tls.read(n - len(data))
                assert more, "the server has said that it closes"
                data += more
            except ssl.SSLWantReadError:
                self.fill()
        return data

    def ends(self):
        """As a TlsPeer does."""
        while True:
            try:
                return self.tls.read(1) == b""
            except ssl.SSLWantReadError:
                self.fill()

    def reply(self):
        return self.read(struct.unpack(">I", self.read(4))[0])


def frame(method, args=b"\0"):
    body = b"\x82\x21\x07" + bytes([len(method)]) + method.encode() + args
    return struct.pack(">I", len(body)) + body


def ended(sock):
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(65536):
            pass
    return True


def hostile():
    """silence, garbage, crumbs, half ends: none harms anybody else"""
    s = Bed(conf=settings(frame_timeout="1s"), workers=1)
    with under_load(s, calls=100):
        # A hello, and then nothing, or nothing that is TLS.
        silent = Relay(s)
        with contextlib.suppress(ssl.SSLWantReadError):
            silent.tls.do_handshake()
        hello = silent.out.read()
        silent.socket.sendall(hello)
        half = socket.create_connection(("127.0.0.1", s.port), DEADLINE)
        half.sendall(hello[:20])
        garbage = socket.create_connection(("127.0.0.1", s.port), DEADLINE)
        garbage.sendall(hello + frame("mood"))
        assert ended(garbage)
        s.await_log("closed: TLS: ")
        assert ended(silent.socket) and ended(half)
        assert count(s, "frame_timeouts") == 2
        # A connection that has shaken hands may be silent.
        quiet = Relay(s).shake(piece=1)
        assert count(s, "tls_errors") == 1
        # Records of one byte, and bytes that come one by one.
        for c in frame("mood"):
            quiet.tls.write(bytes([c]))
        quiet.flush(piece=3)
        assert b"good" in quiet.reply()
        until(lambda: count(s, "frame_timeouts") == 2, "none more")
        # Half a record, and the end.
        quiet.tls.write(frame("mood"))
        quiet.socket.sendall(quiet.out.read()[:-5])
        quiet.socket.close()
        # It says that it has said all, and is answered.
        polite = Relay(s).shake()
        polite.tls.write(frame("mood") * 100)
        with contextlib.suppress(ssl.SSLWantReadError):
            polite.tls.unwrap()
        polite.flush().socket.shutdown(socket.SHUT_WR)
        assert all(b"good" in polite.reply() for _ in range(100))
        assert ended(polite.socket)
        # A byte changed behind the handshake.
        liar = Relay(s).shake()
        liar.tls.write(frame("mood"))
        data = bytearray(liar.out.read())
        data[-3] ^= 1
        liar.socket.sendall(data)
        assert ended(liar.socket)
        assert count(s, "tls_errors") == 2
    assert s.stop() == 0


def nothing_after_the_last_word():
    """of HTTP: what follows is not read, in whatever records it comes"""
    s = Bed(conf=settings(), workers=1)
    message = frame("mood")[4:]
    two_ways = (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n")
    call = (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" %
            len(message)) + message
    r = Relay(s).shake()
    begun = count(s, "calls_begun")
    r.tls.write(two_ways)
    sent = r.out.read()
    r.tls.write(call)
    call = r.out.read()
    r.socket.sendall(sent + call[:3])
    answer = r.read(12)
    assert answer == b"HTTP/1.1 400", answer
    r.socket.sendall(call[3:])
    with contextlib.suppress(ConnectionResetError):
        while r.socket.recv(65536):
            pass
    r.socket.close()
    until(lambda: s.status()["connections"] == 0, "it is closed")
    assert count(s, "calls_begun") == begun
    assert s.stop() == 0


def rss(pid):
    return int(proc(pid, "status")["VmRSS"].split()[0])


def crowds():
    """that begin and do not go on: out in time, and nothing is left of them"""
    s = Bed(conf=settings(frame_timeout="1s"), workers=1)
    pid, = s.workers().values()
    sanitized = "libasan" in read("/proc/%d/maps" % pid)
    good = TlsPeer(s, CA.context())
    assert b"good" in good.call("mood")
    before, kib = len(descriptors(pid)), []
    for turn in range(1, 6):
        crowd = []
        for i in range(150):
            one = Relay(s)
            with contextlib.suppress(ssl.SSLWantReadError):
                one.tls.do_handshake()
            hello = one.out.read()
            if i % 3 < 2:               # half a hello, or a whole one
                one.socket.sendall(hello[:len(hello) // (2 - i % 3)])
            else:                       # half a record behind the handshake
                one.out.write(hello)
                one.shake()
                one.tls.write(bytes(16384))
                one.socket.sendall(one.out.read()[:8000])
            crowd.append(one)
        assert b"good" in good.call("mood")
        assert all(ended(one.socket) for one in crowd)
        assert count(s, "frame_timeouts") == turn * len(crowd)
        until(lambda: len(descriptors(pid)) == before, "all are closed")
        kib.append(rss(pid))
    assert sanitized or kib[-1] < kib[0] + 4096, kib
    assert b"good" in good.call("mood")
    assert count(s, "tls_errors") == 0
    assert s.stop() == 0


def old_ones():
    """TLS 1.1, and a new handshake on an old connection, are refused"""
    s = Bed(conf=settings(), workers=1)
    where = "127.0.0.1:%d" % s.port
    done = subprocess.run(
        ["openssl", "s_client", "-connect", where, "-tls1_1", "-cipher",
         "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=DEADLINE)
    assert done.returncode != 0 and "alert" in done.stderr, done
    assert count(s, "tls_errors") == 1
    done = subprocess.run(
        ["openssl", "s_client", "-connect", where, "-tls1_2"], input="R\n",
        capture_output=True, text=True, timeout=DEADLINE)
    assert "RENEGOTIATING" in done.stderr + done.stdout, done
    assert "no renegotiation" in done.stderr, done
    assert b"good" in TlsPeer(s, CA.context()).call("mood")
    assert s.stop() == 0


def calls():
    """by thriftfork call, which believes whom it should"""
    tls.need_localhost()
    s = Bed(conf=settings(tls_client_ca=CA.ca))
    crt, key = CA.issue("caller")
    port = ":%d" % s.port
    own = ["-o", "tls-certificate=" + crt, "-o", "tls-key=" + key]
    ca = ["-o", "tls-ca=" + CA.ca]

    def call(host, *options):
        return launcher("call", *options, "tls://" + host + port, TESTBED_IDL,
                        "Testbed.subject")

    for host in "localhost", "127.0.0.1", "":
        done = call(host, *ca, *own)
        assert done.stdout == '"CN=caller"\n', done
        done = launcher("call", *ca, *own, "https://" + host + port + "/x",
                        TESTBED_IDL, "Testbed.subject")
        assert done.stdout == '"CN=caller"\n', done
    for options in ["-o", "zlib=yes"], ["-p", "binary", "-f", "unframed"]:
        done = call("localhost", *ca, *own, *options)
        assert done.stdout == '"CN=caller"\n', done
    other = Authority()
    for host, options, words in [
        ("localhost", own, "the peer's certificate: "),
        ("localhost", own + ["-o", "tls-ca=" + other.ca],
         "the peer's certificate: "),
        ("localhost", ca, "certificate required"),
        ("localhost", own + ["-o", "tls-ca=/none"], "/none: No such file"),
        ("localhost", ca + own[:2], crt + ": is no private key"),
    ]:
        done = call(host, *options)
        assert done.returncode == 1 and words in done.stderr, (options, done)
        assert len(done.stderr.splitlines()) == 1, done
    done = call("localhost", *own, "-o", "tls-verify=no")
    assert done.stdout == '"CN=caller"\n', done
    refused(2, "tls-verify: 'maybe' is not yes or no", "call", "-o",
            "tls-verify=maybe", "tls://:1", TESTBED_IDL, "Testbed.subject")
    done = launcher("call", "-o", "zlib=yes", s.address, TESTBED_IDL,
                    "Testbed.subject")
    assert done.stdout == '"-"\n', done
    assert s.stop() == 0
    narrow = CA.issue("narrow", names="subjectAltName=DNS:localhost")
    s = Bed(conf=settings(own=narrow))
    port = ":%d" % s.port
    assert call("localhost", *ca).stdout == '""\n'
    done = call("127.0.0.1", *ca)
    assert "IP address mismatch" in done.stderr, done
    assert call("127.0.0.1", "-o", "tls-verify=no").stdout == '""\n'
    assert s.stop() == 0
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = ":%d" % silent.getsockname()[1]
        done = call("127.0.0.1", "-T", "300ms", *ca)
        assert done.returncode == 1 and "timed out" in done.stderr, done
    with socket.create_server(("127.0.0.1", 0)) as plain:
        port = ":%d" % plain.getsockname()[1]
        threading.Thread(target=lambda: plain.accept()[0].sendall(
            b"\0\0\0\4good"), daemon=True).start()
        done = call("127.0.0.1", *ca)
        assert done.returncode == 1 and "subject at" in done.stderr, done


def many():
    """bytes that nobody reads: memory stays"""
    s = Bed(conf=settings(), workers=1)
    deaf = TlsPeer(s, CA.context())
    big = text("x" * 100000)

    def send():
        with contextlib.suppress(OSError):
            for _ in range(1000):
                deaf.send("echo", big)

    threading.Thread(target=send, daemon=True).start()
    until(lambda: count(s, "send_backlog") > 0, "replies wait")
    assert b"good" in TlsPeer(s, CA.context()).call("mood")
    assert count(s, "send_backlog") < 40 << 20
    # A stop waits for it, as long as it may; a close for who is sending.
    deaf.socket.shutdown(socket.SHUT_RDWR)
    assert s.stop() == 0


main([told_apart, on_or_off, client_certificates, refused_by_name,
      rotation_refused, replaced, who_is_believed, half_sent, resumed,
      privilege, on_fewer_processors, hostile, nothing_after_the_last_word,
      crowds, old_ones, calls, many])
