#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every signal in every state of the master, as src/proc/master_fsm.c has it,
with real processes: what is refused is refused by name and changes nothing,
the log can always be reopened, and the server can always be ended."""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, held_call
from daemon import launcher, read
from harness import built, gone, main, until
from upgraded import Upgraded

RELOADS = "a reload is under way"
UPGRADES = "an upgrade is under way"
STOPS = "the server stops"


class Asked(Bed, Upgraded):
    """A server of which one master is asked for what it cannot do."""

    def refuses(self, pid, why, reload=None):
        """pid is a master that will not scale, reload or upgrade."""
        asked = ((signal.SIGTTIN, "2 workers: " + why),
                 (signal.SIGTTOU, "0 workers: " + why),
                 (signal.SIGHUP, "reload: " + why),
                 (signal.SIGUSR2, "upgrade: " + why))
        for number, words in asked:
            if number == signal.SIGHUP and reload is not None:
                words = reload
            os.kill(pid, number)
            self.await_log(words)
        os.kill(pid, signal.SIGUSR1)
        self.await_log("the log has been reopened")

    def begin(self, verb):
        return subprocess.Popen([built("thriftfork"), verb, "-n", self.name],
                                stderr=subprocess.PIPE, text=True)


def ended(command, words):
    assert command.wait(30) == 1
    err = command.communicate()[1]
    assert words in err, err


def verbs(s, why):
    for verb in (("reload",), ("upgrade",), ("scale", "2")):
        s.fails(why, *verb)


def reloading():
    s = Asked("-o", "canary-time=1h", "-v", workers=1)
    reload = s.begin("reload")
    s.await_log("is the canary")
    verbs(s, RELOADS)
    s.refuses(s.pid, RELOADS, "asked to reload, in reloads: again")
    s.signal(signal.SIGTERM)
    ended(reload, STOPS)
    assert s.wait() == 0


def hanging_upgrade(s):
    s.mood("hang-in-start")
    upgrade = s.begin("upgrade")
    s.await_log("upgrade: pid .* executes")
    return upgrade


def upgrading():
    for order in (signal.SIGTERM, signal.SIGINT):
        s = Asked(workers=1)
        upgrade = hanging_upgrade(s)
        verbs(s, UPGRADES)
        s.refuses(s.pid, UPGRADES)
        assert s.moods() == {"good"}
        s.signal(order)
        ended(upgrade, STOPS)
        assert s.wait() == 0


def following():
    """a new master that serves and has no names yet; then it ends"""
    for order in (signal.SIGTERM, signal.SIGINT):
        s = Asked(workers=1)
        upgrade, new = s.upgrade_unfinished()
        s.refuses(new, UPGRADES)
        os.kill(new, order)
        until(lambda: state(new) == "Z", "the new master ends")
        s.signal(signal.SIGCONT)
        # The old one hears first that it serves, and then that it is dead.
        ended(upgrade, "the new master exited with 0 before it served")
        assert s.moods() == {"good"}
        assert s.stop() == 0


def state(pid):
    return read("/proc/%d/stat" % pid).rsplit(")", 1)[1].split()[0]


def leaving():
    """with a call in flight, which TERM does not hurt and INT does"""
    for order in (None, signal.SIGINT):
        s = Asked(workers=1)
        peer, writer = held_call(s)
        old = s.pid
        s.upgrade()
        s.refuses(old, UPGRADES)
        os.kill(old, signal.SIGTERM)
        s.await_log("stop: " + UPGRADES)
        if order is not None:
            os.kill(old, order)
            assert peer.reply() is None
        writer.close()
        if order is None:
            assert peer.reply() is not None
            assert peer.call("mood") is not None, "it has not moved"
        until(lambda: gone(old), "the old master leaves")
        assert s.moods() == {"good"}
        s.end()


def delaying():
    s = Asked("-o", "drain-delay=1h", workers=1)
    s.signal(signal.SIGTERM)
    s.await_log("stopping in 3600")
    verbs(s, STOPS)
    s.refuses(s.pid, STOPS)
    assert s.moods() == {"good"}
    s.signal(signal.SIGTERM)
    assert s.wait() == 0


def stopping():
    s = Asked(workers=1)
    peer, writer = held_call(s)
    s.signal(signal.SIGTERM)
    s.await_log("stopping")
    verbs(s, STOPS)
    s.refuses(s.pid, STOPS)
    writer.close()
    assert peer.reply() is not None
    assert s.wait() == 0


def serving():
    s = Asked(workers=1)
    s.signal(signal.SIGUSR1)
    s.await_log("the log has been reopened")
    s.signal(signal.SIGTTIN)
    s.await_log("scaling from 1 to 2 workers")
    s.await_log("worker 1 pid .* serves")
    s.signal(signal.SIGTTOU)
    s.await_log("scaling from 2 to 1 workers")
    s.signal(signal.SIGTTOU)
    s.await_log("0 workers: there must be a worker")
    s.signal(signal.SIGWINCH)
    s.signal(signal.SIGHUP)
    s.await_log("generation 2 serves")
    s.signal(signal.SIGUSR2)
    s.await_log("this is the master now")
    s.pid, old = s.master(), s.pid
    until(lambda: gone(old), "the old master leaves")
    launcher("stop", "-n", s.name)
    assert s.wait() == 0


main([serving, reloading, upgrading, following, leaving, delaying, stopping])
