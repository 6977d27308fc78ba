#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who waits to be accepted: while every worker is held the master says how many
wait at which address, and how many were turned away, as the kernel does; and
what was counted once stays so through reloads, upgrades, and addresses that
come and go."""

import os
import re
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from admin import Admin, total
from bed import Bed, held_call
from daemon import launcher, sockets
from harness import Skip, built, main, tempdir, until
from upgraded import Upgraded

LIMIT = 2                       # so many may wait, and one more
MEMINFO, DROPS = 55, 8          # SO_MEMINFO, its word


class Queued(Upgraded, Bed):
    """One worker, and hardly any room to wait."""

    def __init__(self, listen="listen 127.0.0.1:0\n"):
        self.more = "backlog %d\n" % LIMIT
        super().__init__(workers=1, listen=None, conf=listen + self.more)
        # Slots listen with their backlog once a worker is there.
        limits = [l["limit"] for l in self.listeners()]
        assert set(limits) <= {None, LIMIT}, limits

    def listeners(self):
        return self.status()["listeners"]

    def listener(self, address=None):
        return next(l for l in self.listeners()
                    if l["address"] == (address or self.address))

    def words(self):
        return self.status()["master"]["counters"]

    def said(self):
        """The line of that address, as people see it."""
        out = launcher("status", "-n", self.name).stdout
        return re.search(r"^%s +tcp .*$" % re.escape(self.address), out,
                         re.M).group(0).split()


def waiting(port):
    """How many the kernel says wait at all sockets of the port."""
    with open("/proc/net/tcp") as f:
        lines = [line.split() for line in f][1:]
    return sum(int(line[4].split(":")[1], 16) for line in lines
               if line[3] == "0A" and int(line[1].split(":")[1], 16) == port)


def turned_away(pid, port):
    """How many sockets of that process that listen there have turned away."""
    n = 0
    for s in sockets(pid):
        if s.family == socket.AF_INET and s.getsockname()[1] == port:
            words = s.getsockopt(socket.SOL_SOCKET, MEMINFO, 64)
            n += struct.unpack_from("I", words, 4 * DROPS)[0]
    return n


def knock(server, n):
    """So many clients, who do not wait for an answer."""
    clients = []
    for _ in range(n):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(("127.0.0.1", server.port))
        clients.append(c)
    return clients


def close(sockets):
    for s in sockets:
        s.close()


def let_go(server, call, gate, clients):
    """All who waited are served, or have given up."""
    gate.close()
    assert call.reply() is not None
    call.close()
    close(clients)
    until(lambda: server.listener()["queue"] == 0 and
          waiting(server.port) == 0, "nobody waits")


def full(server):
    """Its worker is held and the queue full: what let_go() wants."""
    call, gate = held_call(server)
    clients = knock(server, 12)
    until(lambda: server.listener()["queue"] == LIMIT + 1, "it is seen")
    return call, gate, clients


def counted(server):
    """What stands there once nobody knocks any more: at the address and of
    all, and in the kernel."""
    kernel = turned_away(server.master(), server.port)
    until(lambda: server.listener()["drops"] >= kernel, "it is counted")
    now = server.listener()["drops"]
    assert now == turned_away(server.master(), server.port) == kernel, now
    return now


def sockets_of_new_workers():
    "are there when scale has answered"
    s = Queued()
    assert s.listener()["sockets"] == 1
    s.succeeds("scale", "3")
    assert s.listener()["sockets"] == 3, s.listeners()
    s.end()


def a_full_queue():
    "is seen, and whom it turned away"
    s = Queued()
    is_ = s.listener()
    assert (is_["kind"], is_["sockets"], is_["queue"], is_["drops"]) == \
        ("tcp", 1, 0, 0), is_
    call, gate = held_call(s)
    clients = knock(s, LIMIT)
    until(lambda: s.listener()["queue"] == LIMIT, "they are seen to wait")
    is_ = s.listener()
    assert is_["longest"] == waiting(s.port) == LIMIT, is_
    assert is_["drops"] == s.words()["accept_drops"] == 0, is_
    assert s.words()["accept_queue"] == LIMIT
    clients += knock(s, 10)
    until(lambda: s.listener()["drops"] > 0, "some are turned away")
    until(lambda: s.listener()["queue"] == LIMIT + 1 == waiting(s.port),
          "the queue is full")
    said = s.said()
    assert said[1:6] == ["tcp", "1", str(LIMIT), str(LIMIT + 1),
                         str(LIMIT + 1)] and int(said[6]) > 0, said
    if os.path.exists(built("thriftfork-admin")):
        a = Admin("-n", s.name)
        m = a.metrics()
        where = {"address": s.address, "kind": "tcp"}
        name = "thriftfork_listener_"
        assert total(m, name + "sockets", **where) == 1
        assert total(m, name + "queue", **where) == LIMIT + 1
        assert total(m, name + "queue_longest", **where) == LIMIT + 1
        assert total(m, name + "queue_limit", **where) == LIMIT
        assert total(m, name + "drops_total", **where) >= int(said[6])
        assert total(m, "thriftfork_accept_queue") == LIMIT + 1
        assert total(m, "thriftfork_accept_drops_total") >= int(said[6])
        a.end()
    let_go(s, call, gate, clients)
    words = s.words()
    assert words["accept_queue"] == 0, words
    assert words["accept_queue_max"] == LIMIT + 1, words
    assert counted(s) == s.words()["accept_drops"] > 0
    s.end()


def nothing_is_forgotten_or_counted_again():
    "over reload, upgrade, and an upgrade that fails"
    s = Queued()
    let_go(s, *full(s))
    n = counted(s)
    assert n > 0
    s.succeeds("reload")
    assert counted(s) == s.words()["accept_drops"] == n
    # What is turned away while two masters have the sockets is counted, too.
    held = full(s)
    s.conf("listen %s\n%s" % (s.address, s.more))
    s.upgrade()
    let_go(s, *held)
    more = counted(s)
    assert more == s.words()["accept_drops"] > n, (n, more)
    s.conf("nonsense\n")
    assert launcher("upgrade", "-n", s.name).returncode == 1
    assert counted(s) == s.words()["accept_drops"] == more
    s.conf("listen %s\n%s" % (s.address, s.more))
    let_go(s, *full(s))
    assert counted(s) == s.words()["accept_drops"] > more
    s.end()


def addresses_come_and_go():
    "with an upgrade, and what was counted at the others stays"
    path = os.path.join(tempdir(), "sock")
    s = Queued("listen unix:%s\nlisten 127.0.0.1:0\n" % path)
    s.address = s.listeners()[1]["address"]
    s.port = int(s.address.rsplit(":", 1)[1])
    let_go(s, *full(s))
    n = counted(s)
    assert [l["address"] for l in s.listeners()] == ["unix:" + path, s.address]
    s.conf("listen %s\nlisten 127.0.0.1:0\n%s" % (s.address, s.more))
    s.upgrade()
    assert {l["address"]: l["drops"] for l in s.listeners()}[s.address] == n
    there = {l["address"] for l in s.listeners()}
    assert len(there) == 2 and "unix:" + path not in there, there
    assert s.words()["accept_drops"] == n
    s.conf("listen unix:%s\n%s" % (path, s.more))
    s.upgrade()
    assert [l["address"] for l in s.listeners()] == ["unix:" + path]
    assert s.words()["accept_drops"] == n
    s.end()


def a_unix_socket():
    "tells how many wait, and not whom it turned away"
    path = os.path.join(tempdir(), "sock")
    s = Queued("listen unix:%s\n" % path)
    is_ = s.listener("unix:" + path)
    assert is_["kind"] == "unix" and is_["drops"] is None, is_
    if is_["queue"] is None:
        s.end()
        raise Skip("the kernel's socket diagnosis does not answer")
    call, gate = held_call(s)
    clients = []
    for _ in range(LIMIT):
        clients.append(socket.socket(socket.AF_UNIX))
        clients[-1].connect(path)
    until(lambda: s.listener("unix:" + path)["queue"] == LIMIT, "they wait")
    assert s.words()["accept_queue"] == LIMIT
    gate.close()
    assert call.reply() is not None
    until(lambda: s.listener("unix:" + path)["queue"] == 0, "nobody does")
    close(clients)
    call.close()
    s.end()


main([sockets_of_new_workers, a_full_queue,
      nothing_is_forgotten_or_counted_again,
      addresses_come_and_go, a_unix_socket])
