#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The procedures of thriftfork(7), by its own words: what stands there as a
command is run, but for places and names, while clients call."""

import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import nothing_felt
from daemon import CALC, launcher, written
from harness import DEADLINE, Load, Server, built, gone, main, source, \
    tempdir, until
from manager import Unit

LIBRARY = "/usr/local/lib/thriftfork"
PROGRAM = "/usr/local/bin/thriftfork"


def section(name):
    """Its lines, in mdoc."""
    with open(source("man/thriftfork.7")) as f:
        text = f.read()
    return re.search(r"^\.Sh %s\n(.*?)(?=^\.Sh )" % name, text,
                     re.M | re.S).group(1)


def displays(name):
    """What is displayed in a section, as a reader sees it."""
    found = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed\n", section(name),
                       re.M | re.S)
    assert found, name
    return [text.replace("\\e", "\\") for text in found]


class Place:
    """Where the manual's places are: a directory of this test."""

    def __init__(self):
        self.dir = tempdir()
        self.library = os.path.join(self.dir, "lib")
        os.mkdir(self.library)
        shutil.copy(CALC, self.dir)             # what has been built
        shutil.copy(CALC, self.library)
        bin = os.path.join(self.dir, "bin")
        os.mkdir(bin)
        os.symlink(built("thriftfork"), os.path.join(bin, "thriftfork"))
        self.path = bin + ":" + os.environ["PATH"]
        self.module = os.path.join(self.library, "calc.so")

    def run(self, display, name):
        """Its commands, one by one, up to the first that fails."""
        script = display.replace(LIBRARY, self.library)
        script = script.replace("-n calc", "-n " + name)
        commands = re.findall(r"^[$#] ((?:.*\\\n)*.*)$", script, re.M)
        assert commands, display
        script = "\n".join(c for c in commands if not c.startswith("apt-get"))
        done = subprocess.run(["sh", "-eu", "-c", script], cwd=self.dir,
                              env=dict(os.environ, PATH=self.path),
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and done.stderr == "", (script, done)


class Procedure:
    """A section of the manual, carried out while clients call."""

    def __init__(self):
        self.place = Place()
        self.server = Server([built("thriftfork"), "run", self.place.module],
                             workers=2)
        self.load = Load(self.server.address, "-t", 120, "-c", 8, "-d", 4,
                         "--once-rate", 50)
        self.load.ready()

    def carry_out(self, name, number=0):
        self.place.run(displays(name)[number], self.server.name)

    def status(self):
        return self.server.status()["master"]

    def end(self):
        nothing_felt(self.load.stop())
        pid = self.status()["pid"]
        assert launcher("stop", "-n", self.server.name).returncode == 0
        until(lambda: gone(pid), "the master leaves")
        assert self.server.wait() == 0


def deploy_and_rollback():
    p = Procedure()
    p.carry_out("ROLLBACK", 0)          # what is kept
    before = os.stat(p.place.module).st_ino
    p.carry_out("DEPLOY")
    assert p.status()["generation"] == 2
    assert os.stat(p.place.module).st_ino != before
    p.carry_out("ROLLBACK", 1)
    assert p.status()["generation"] == 3
    assert os.stat(p.place.module).st_ino == before
    p.end()


def upgrade():
    p = Procedure()
    pid = p.status()["pid"]
    p.carry_out("UPGRADE")
    assert p.status()["pid"] != pid
    p.end()


def scale():
    p = Procedure()
    p.carry_out("SCALE")
    assert p.status()["workers"] == len(p.server.workers()) == 6
    p.end()


def unit_file(key):
    with open(source("tests/examples/systemd/thriftfork@.service")) as f:
        return re.search(r"^%s=(.*)$" % key, f.read(), re.M).group(1)


def systemd():
    """the commands of the unit file: start, reload, stop"""
    place = Place()
    conf = written(place.dir, "calc.conf", "listen 127.0.0.1:0\nworkers 1\n")
    name = "manual-%d" % os.getpid()

    def command(key):
        return unit_file(key).replace(PROGRAM, built("thriftfork")) \
            .replace("/etc/thriftfork/%i.conf", conf) \
            .replace(LIBRARY + "/%i.so", place.module) \
            .replace("%i", name).split()

    unit = Unit()
    process = unit.start(command("ExecStart"), stderr=subprocess.PIPE)
    unit.await_key("READY")
    subprocess.run(command("ExecReload"), check=True, timeout=60)
    unit.settle()
    assert any("RELOADING" in m for m in unit.heard), unit.heard
    assert unit_file("Type") == "notify"
    os.kill(unit.main, signal.SIGTERM)
    unit.await_key("STOPPING")
    err = process.communicate(timeout=DEADLINE)[1]
    assert process.returncode == 0, err
    unit.settle()
    assert unit.names() == [], unit.names()


def kubernetes():
    """the container's command, its probe, and a TERM"""
    place = Place()
    text = displays("KUBERNETES")[0]
    name = "manual-%d" % os.getpid()

    def command(display):
        words = re.sub(r"[\[\]\s]+", " ", display).strip().split(", ")
        return [{"thriftfork": built("thriftfork"), "calc": name,
                 '"*:9090"': "127.0.0.1:0", "/calc.so": place.module,
                 "drain-delay=10s": "drain-delay=3s"}.get(w, w)
                for w in words]

    run, ready = (command(c) for c in
                  re.findall(r"command: (\[.*?\])", text, re.S))
    p = subprocess.Popen(run, stderr=subprocess.PIPE, text=True)
    try:
        log = ""
        while "worker 0" not in log:
            line = p.stderr.readline()
            assert line, log
            log += line
        subprocess.run(ready, check=True, timeout=60)
        address = re.search(r"listening on (\S+)", log).group(1)
        load = Load(address, "-t", 60, "-c", 0, "--once-rate", 50)
        load.ready()
        p.send_signal(signal.SIGTERM)
        while "stopping in" not in log:
            log += p.stderr.readline()
        done = subprocess.run(ready, stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 1 and b"the server stops" in done.stderr
        nothing_felt(load.stop())
        err = p.communicate(timeout=DEADLINE)[1]
        assert p.returncode == 0, err
    finally:
        p.kill()
        p.wait()


main([deploy_and_rollback, upgrade, scale, systemd, kubernetes])
