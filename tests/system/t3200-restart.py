#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A server that is started while the workers of a dead one still drain serves
every new connection."""

import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, built, gone, main, tempdir, until

TESTBED = [built("thriftfork"), "run", built(".libs/testbed.so")]
PID = b"\0\0\0\x08\x82\x21\x01\x03pid\0"


def varint(n):
    return bytes([n & 0x7f | 0x80, n >> 7]) if n > 0x7f else bytes([n])


def hold(port, path):
    """A call that stays in its handler until the fifo is closed."""
    body = b"\x82\x21\x07\x04hold\x18" + varint(len(path)) + path.encode() + \
        b"\0"
    s = socket.create_connection(("127.0.0.1", port), 30)
    s.sendall(len(body).to_bytes(4, "big") + body)
    return s


def answered(port):
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        s.sendall(PID)
        return b"pid" in s.recv(100)


def restart_while_the_old_ones_drain():
    old = Server(TESTBED, workers=2)
    pids = old.workers().values()
    held = []
    for i in range(8):
        path = os.path.join(tempdir(), "fifo")
        os.mkfifo(path)
        call = hold(old.port, path)
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
    assert all(answered(new.port) for _ in range(200))
    for call, _, _ in held:
        call.close()
    assert new.stop() == 0


def restart_under_the_same_name():
    """the lock of a dead master is free at once"""
    old = Server(TESTBED, workers=1)
    path = os.path.join(tempdir(), "fifo")
    os.mkfifo(path)
    call = hold(old.port, path)
    fifo = open(path, "wb", buffering=0)
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
    fifo.write(b"done")
    fifo.close()
    assert b"done" in call.recv(100)
    call.close()
    until(lambda: gone(pid), "the orphan leaves")
    p.terminate()
    assert p.wait(30) == 0
    p.stderr.close()


main([restart_while_the_old_ones_drain, restart_under_the_same_name])
