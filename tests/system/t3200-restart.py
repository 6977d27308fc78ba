#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A server that is started while the workers of a dead one still drain serves
every new connection."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Peer, fifo, held_call, text
from harness import Server, built, gone, main, until

TESTBED = [built("thriftfork"), "run", built(".libs/testbed.so")]


def answered(server):
    with contextlib.closing(Peer(server)) as p:
        return b"pid" in p.call("pid")


def restart_while_the_old_ones_drain():
    old = Server(TESTBED, workers=2)
    pids = old.workers().values()
    held = []
    for _ in range(8):
        path = fifo()
        call = Peer(old).send("hold", text(path))
        # Opens when the handler reads; the others of its worker queue up.
        fd = os.open(path, os.O_RDWR)
        held.append((call, path, fd))
    old.signal(signal.SIGKILL)
    old.wait()
    # As soon as the dead one's sockets no longer listen, which they do not
    # once their workers have noticed; busy ones have not, so this server
    # must still be able to bind.
    for _, path, fd in held:
        # For handlers that come to it later: an empty file.
        os.unlink(path)
        open(path, "w").close()
        os.close(fd)
    until(lambda: all(gone(p) for p in pids) or
          socket.socket().connect_ex(("127.0.0.1", old.port)) != 0,
          "the old sockets stop listening")
    new = Server(TESTBED, workers=2, listen="127.0.0.1:%d" % old.port)
    assert all(answered(new) for _ in range(200))
    for call, _, _ in held:
        call.close()
    assert new.stop() == 0


def restart_under_the_same_name():
    """the lock of a dead master is free at once"""
    old = Server(TESTBED, workers=1)
    call, writer = held_call(old)
    pid, = old.workers().values()
    old.signal(signal.SIGKILL)
    old.wait()
    assert not gone(pid)
    p = subprocess.Popen([built("thriftfork"), "run", "-n", old.name, "-w",
                          "1", "-l", "127.0.0.1:0",
                          built(".libs/testbed.so")], stderr=subprocess.PIPE,
                         text=True)
    while "serves" not in p.stderr.readline():
        assert p.poll() is None
    writer.write(b"done")
    writer.close()
    assert b"done" in call.reply()
    call.close()
    until(lambda: gone(pid), "the orphan leaves")
    p.terminate()
    assert p.wait(30) == 0
    p.stderr.close()


main([restart_while_the_old_ones_drain, restart_under_the_same_name])
