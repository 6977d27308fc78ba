#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's HAProxy follows the agents of two servers: less for one that is half
busy, nobody new for one that stops, and all again when it is back; clients that
come and go meanwhile feel nothing.  Takes half a minute; not part of the
check."""

import atexit
import csv
import os
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from admin import AdminBed, is_built
from bed import held_call, nothing_felt
from harness import DEADLINE, Load, Skip, main, read_all, tempdir, until

CONFIG = """
global
    stats socket %(dir)s/stats mode 600
    user root
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend in
    bind unix@%(dir)s/in
    default_backend calc
backend calc
    balance roundrobin
    option redispatch
    default-server check inter 500ms fall 20 weight 100
    default-server agent-check agent-inter 200ms
    server a 127.0.0.1:%(a)d agent-port %(agent_a)d
    server b 127.0.0.1:%(b)d agent-port %(agent_b)d
"""


class Haproxy:
    def __init__(self, a, b):
        if shutil.which("haproxy") is None:
            raise Skip("no haproxy (package haproxy)")
        self.dir = tempdir()
        self.address = "unix:%s/in" % self.dir
        config = os.path.join(self.dir, "config")
        with open(config, "w") as f:
            text = CONFIG % {"dir": self.dir, "a": a.port, "b": b.port,
                             "agent_a": a.agent_port, "agent_b": b.agent_port}
            if os.geteuid() != 0:
                text = text.replace("    user root\n", "")
            f.write(text)
        self.log = open(os.path.join(self.dir, "log"), "w+")
        self.process = subprocess.Popen(["haproxy", "-db", "-f", config],
                                        stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        atexit.register(self.process.kill)
        until(lambda: os.path.exists(self.dir + "/stats"), "haproxy runs")

    def servers(self):
        """name -> what haproxy knows of it."""
        assert self.process.poll() is None, open(self.log.name).read()
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(DEADLINE)
            s.connect(self.dir + "/stats")
            s.sendall(b"show stat\n")
            lines = read_all(s).decode().lstrip("# ").splitlines()
        return {row["svname"]: row for row in csv.DictReader(lines)
                if row["pxname"] == "calc"}

    def is_so(self, name, status, weight=None):
        row = self.servers()[name]
        return row["status"] == status and \
            (weight is None or int(row["weight"]) in weight)

    def sessions(self, name):
        return int(self.servers()[name]["stot"])

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)


def bed(port=0, agent_port=0):
    s = AdminBed("-o", "admin-agent=127.0.0.1:%d" % agent_port, "-o",
                 "drain-delay=1h", listen="127.0.0.1:%d" % port)
    s.agent_port = s.find_agent()
    s.await_admin()
    return s


ALL = range(95, 101)


def less_none_and_all_again():
    is_built()
    a, b = bed(), bed()
    h = Haproxy(a, b)
    for name in "a", "b":
        until(lambda: h.is_so(name, "UP", ALL), name + " is up")
    load = Load(h.address, "-t", 600, "-c", 0, "--once-rate", 50)
    load.ready()
    held = held_call(a)
    until(lambda: h.is_so("a", "UP", range(40, 60)), "half of a is free")
    held[1].close()
    held[0].reply()
    until(lambda: h.is_so("a", "UP", range(90, 101)), "a is free again")
    a.signal(signal.SIGTERM)
    until(lambda: h.is_so("a", "DRAIN (agent)"), "a drains")
    before, other = h.sessions("a"), h.sessions("b")
    until(lambda: h.sessions("b") > other + 50, "b has the new ones")
    assert h.sessions("a") <= before + 1, "a has got new ones"
    a.signal(signal.SIGTERM)        # it need not wait any longer
    assert a.wait() == 0
    again = bed(a.port, a.agent_port)
    until(lambda: h.is_so("a", "UP", ALL), "a is back")
    before = h.sessions("a")
    until(lambda: h.sessions("a") > before + 20, "a has new ones")
    b.upgrade()
    b.await_admin()
    until(lambda: h.is_so("b", "UP", ALL), "b is as it was")
    nothing_felt(load.stop(), 100)
    h.end()
    for s in again, b:
        s.succeeds("stop", "--now")
        assert s.wait() == 0


main([less_none_and_all_again])
