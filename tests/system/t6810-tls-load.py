#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS under load: certificates change, which nobody feels; and workers are
replaced, which closes the connections that they have: in order, once all calls
that they had begun are answered, and each is counted.

TF_CHURN is the number N of rotations, of reloads it is N/5, of upgrades and of
scalings N/10."""

import os
import socket
import ssl
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import FELT, Bed, fifo, loads, nothing_felt, text
from harness import DEADLINE, Load, main, until
from tls import Authority, TlsPeer, settings
from upgraded import Upgraded

N = int(os.environ.get("TF_CHURN", "10"))
WORKERS = 3
DEPTH = 8
DRAIN = 3                       # seconds
SLACK = 10                      # of a machine that has other things to do
EXECUTOR = ThreadPoolExecutor(1)
CA = Authority()
# Some stay, half of them pipelined, half mostly idle, and some leave.
STAYING = 32
CLIENTS = ("-c", STAYING // 2, "-d", DEPTH, "--idle", STAYING // 2,
           "--once-rate", 50)


class TlsBed(Upgraded, Bed):
    """With a count of the connections that were made by hand."""

    by_hand = calls_by_hand = 0

    def __init__(self, own, **more):
        super().__init__(conf=settings(CA, own, **more), workers=WORKERS)

    def peer(self):
        self.by_hand += 1
        return TlsPeer(self, CA.context())

    def pid_of(self, peer):
        self.calls_by_hand += 1
        return peer.pid()

    def counters(self):
        return self.status()["counters"]

    def settle(self):
        until(lambda: self.masters() == [self.pid], "old masters leave")
        super().settle()


def over_tls(s, *options):
    load = Load(s.address, "-t", 3600, "--tls", CA.ca, "--timeout", 20000,
                *CLIENTS, *options)
    load.ready()
    return load


def cut_off():
    """The address of a server that leaves in the middle, without a word."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*CA.issue("rude"))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, context.wrap_socket(listener.accept()[0],
                                           server_side=True) as one:
            one.recv(1)
            one.recv(65536)

    threading.Thread(target=serve, daemon=True).start()
    return "127.0.0.1:%d" % listener.getsockname()[1]


def told():
    """what the load client says when TLS fails"""
    s = TlsBed(CA.issue("server"))
    plain = Bed(workers=1)
    for address, ca, count, words in [
        (s.address, Authority().ca, "connect_failed",
         "connect_failed: TLS handshake: certificate verify failed"),
        (plain.address, CA.ca, "connect_failed",
         "TLS handshake: sslv3 alert handshake failure"),
        (cut_off(), CA.ca, "closed_by_tls", "ended without close_notify"),
    ]:
        r = Load(address, "-n", 1, "--tls", ca).report()
        assert not r["ok"] and r[count] == 1, (words, r)
        assert any(words in p["what"] for p in r["problems"]), (words, r)
    assert plain.stop() == 0
    s.end()


def shown(s):
    """Worker -> the certificate that it shows, by new connections."""
    certificates = {}
    while len(certificates) < WORKERS:
        peer = s.peer()
        certificates[s.pid_of(peer)] = peer.serial()
        peer.close()
    return certificates


def all_accounted_for(s, r):
    """What was begun was answered, to whom had asked; who came was served."""
    calls = r["right"] + s.calls_by_hand
    until(lambda: s.counters()["calls_ended"] >= calls + r["oneways_proven"],
          "all calls have ended")
    now = s.counters()
    assert now["calls_begun"] == now["calls_ended"] <= calls + r["oneways"], \
        (now, r)
    assert now["tls_handshakes"] == r["opened"] + s.by_hand, (now, r)
    assert now["tls_errors"] == now["connections_lost"] == 0, now


def rotated():
    """certificates: no call is lost, and no connection is closed"""
    own = CA.issue("rotated")
    s = TlsBed(own)
    workers = s.workers()
    idle = s.peer()
    before = set(shown(s).values())
    assert before == {idle.serial()}
    load = over_tls(s)
    for _ in range(N):
        CA.issue("rotated")
        s.succeeds("reload")
        s.await_log("generation 1 goes on, renewed")
        # A worker hears of it at its next turn.
        until(lambda: before.isdisjoint(shown(s).values()), "it is shown")
        after = set(shown(s).values())
        assert len(after) == 1, after
        before |= after
        assert s.pid_of(idle) in workers.values()
    r = load.stop()
    nothing_felt(r)
    print("# %d rotations: %d connections, %d calls" % (N, r["opened"],
                                                        r["sent"]))
    assert s.workers() == workers, "workers were replaced"
    assert s.counters()["connections_not_moved"] == 0
    all_accounted_for(s, r)
    # Nothing is new now: a reload is what it always was.
    s.mood("next")
    s.succeeds("reload")
    assert s.moods() == {"next"} and s.workers() != workers
    assert set(shown(s).values()) == after
    s.end()


def pairs(s):
    """Worker -> two connections to it."""
    of = {pid: [] for pid in s.workers().values()}
    while any(len(peers) < 2 for peers in of.values()):
        peer = s.peer()
        peers = of[s.pid_of(peer)]
        if len(peers) < 2:
            peers.append(peer)
        else:
            peer.close()
    return of


def held_calls(s, of):
    """One in its handler in each worker, and what ends them."""
    ends = []
    for _, busy in of.values():
        path = fifo()
        busy.send("hold", text(path))
        s.calls_by_hand += 1
        ends.append(open(path, "wb", buffering=0))
    return ends


def leaving_of(s, of):
    """Those workers that do not serve new connections any more."""
    return set(of) - set(s.workers().values())


def step(s, how, begins, leavers):
    """All that leave close what they had, and it was time; how many of the
    connections by hand that were."""
    s.succeeds("scale", str(WORKERS))
    until(lambda: sum(loads(s)) >= STAYING, "the load's are back")
    of = pairs(s)
    ends = held_calls(s, of)
    began = time.monotonic()
    command = EXECUTOR.submit(how)
    s.await_log(begins)
    for end in ends:
        end.write(b"held")
        end.close()
    assert all(b"held" in busy.reply() for _, busy in of.values())
    # Until they are closed they are served where they are.
    assert all(s.pid_of(peer) == pid for pid in of for peer in of[pid])
    until(lambda: len(leaving_of(s, of)) == leavers, "they leave")
    leaving = leaving_of(s, of)
    since = time.monotonic()
    for pid in leaving:
        assert all(peer.ends() for peer in of[pid])
    now = time.monotonic()
    assert now - began >= DRAIN and now - since < DRAIN + SLACK
    for pid in set(of) - leaving:
        assert all(s.pid_of(peer) == pid for peer in of[pid])
    for peers in of.values():
        for peer in peers:
            peer.close()
    command.result(DEADLINE)
    s.settle()
    s.drain_log()
    return 2 * len(leaving)


def closed_in_order(r):
    """By the server, between two replies, with a word; nothing else is felt.
    How many; lost is only what crossed it on its way."""
    closed = r["closed_idle"] + r["closed_in_flight"]
    others = {k: r[k] for k in FELT if r[k] != 0 and
              k not in ("closed_idle", "closed_in_flight", "lost")}
    assert not others and not r["stuck"] and r["pending"] == 0, r
    assert r["lost"] == r["sent"] - r["right"] <= \
        r["closed_in_flight"] * DEPTH, r
    return closed


def replaced(what, times, how, begins, leavers=WORKERS):
    s = TlsBed(CA.issue("server"), drain_timeout="%ds" % DRAIN)
    load = over_tls(s, "--reconnect")
    by_hand = sum(step(s, lambda: how(s), begins, leavers)
                  for _ in range(times))
    r = load.stop()
    counted = s.counters()["connections_not_moved"]
    closed = closed_in_order(r)
    print("# %d %s: %d connections, %d calls; closed %d of the load's and %d "
          "others, counted %d; %d calls crossed a close" % (
              times, what, r["opened"], r["sent"], closed, by_hand, counted,
              r["lost"]))
    assert counted == closed + by_hand > 0, (counted, closed, by_hand, r)
    all_accounted_for(s, r)
    s.end()


def reloads():
    """answer what is in flight, and close the others in time"""
    replaced("reloads", max(1, N // 5), lambda s: s.succeeds("reload"),
             "reloading: generation")


def upgrades():
    """do the same"""
    replaced("upgrades", max(1, N // 10), TlsBed.upgrade,
             "upgrade: pid .* executes")


def scalings():
    """do it to those that leave"""
    replaced("scalings", max(1, N // 10),
             lambda s: s.succeeds("scale", "1"),
             "scaling from %d to 1" % WORKERS, WORKERS - 1)


main([told, rotated, reloads, upgrades, scalings])
