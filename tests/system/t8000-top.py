#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""top: its rates against those of the clients, its forms, and its screen, in a
terminal of its own, while the server changes underneath."""

import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import (Bed, Peer, held_call, nothing_felt, text as words,
                 under_load)
from daemon import CALC, launcher, refused
from harness import (DEADLINE, ILL, Load, Server, Skip, built, instance_dir,
                     main, until)
from terminal import Terminal
from upgraded import Upgraded

TOP = built("thriftfork-top")


def calc(kind=Server, workers=2):
    return kind([built("thriftfork"), "run", CALC], workers=workers)


def top(*args, **more):
    done = launcher("top", *args, **more)
    assert done.returncode == 0 and done.stderr == "", done
    return done.stdout


class Stream:
    """top --json, an object at a time."""

    def __init__(self, server, interval="300ms"):
        self.process = subprocess.Popen(
            [TOP, "--json", "-d", interval, "-n", server.name],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def next(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def end(self):
        """What it has said on the way."""
        self.process.terminate()
        err = self.process.communicate(timeout=DEADLINE)[1]
        assert not ILL.search(err), err
        assert self.process.returncode == -signal.SIGTERM, err
        return err


def every_number(what):
    if isinstance(what, dict):
        what = what.values()
    for value in what:
        if isinstance(value, (dict, list)):
            yield from every_number(value)
        elif isinstance(value, (int, float)):
            yield value


def rates_of_a_known_load():
    """as many calls a second as the clients make"""
    s = calc()
    load = Load(s.address, "-t", 60, "-c", 0, "--once-rate", 200)
    load.ready()
    # Where the clients themselves are held up a look is off: one is enough.
    looks = [json.loads(top("-1", "--json", "-d", "2s", "-n", s.name))
             for _ in range(3)]
    report = load.stop()
    nothing_felt(report)
    own = (report["sent"] + report["oneways"]) / report["seconds"]
    rates = [seen["interval"]["calls_per_s"] for seen in looks]
    assert min(abs(rate - own) for rate in rates) < 0.04 * own, (rates, own)
    for seen, rate in zip(looks, rates):
        assert 1990 <= seen["interval_ms"] <= 4000, seen["interval_ms"]
        for table in ("workers", "methods"):
            parts = sum(row["interval"]["calls_per_s"] for row in seen[table])
            assert abs(parts - rate) < 0.1, (table, parts, rate)
    assert s.stop() == 0


def sums_of_all_intervals():
    """are the clients' count, through a reload; nothing is ever negative"""
    s = calc()
    stream = Stream(s)
    calls, area, seen = 0, 0.0, stream.next()
    load = Load(s.address, "-t", 60, "-c", 4, "-d", 4)
    load.ready()
    for step in range(6):
        if step == 2:
            assert launcher("reload", "-n", s.name).returncode == 0
        seen = stream.next()
        calls += seen["interval"]["calls"]
        area += seen["interval"]["calls_per_s"] * seen["interval_ms"] / 1000
        quantiles = [seen["interval"][k] for k in
                     ("p50_ns", "p99_ns", "p999_ns", "max_ns")]
        assert quantiles == sorted(quantiles), quantiles
        assert quantiles[0] > 0 or seen["interval"]["calls"] == 0, seen
        assert min(n for n in every_number(
            {k: seen[k] for k in ("interval", "total", "methods")})) >= 0
    report = load.stop()
    nothing_felt(report)
    all_calls = report["sent"] + report["oneways"]
    while calls < all_calls:
        seen = stream.next()
        calls += seen["interval"]["calls"]
        area += seen["interval"]["calls_per_s"] * seen["interval_ms"] / 1000
    assert calls == all_calls == seen["total"]["calls"], (calls, report)
    assert abs(area - calls) < 0.02 * calls, (area, calls)
    assert seen["master"]["generation"] == 2, seen["master"]
    assert stream.next()["in_flight"] == 0
    assert stream.end() == ""
    assert s.stop() == 0


def after_a_stop():
    """the missed intervals are one long one, and not many short ones"""
    s = calc()
    stream = Stream(s)
    stream.next()
    with under_load(s):
        stream.process.send_signal(signal.SIGSTOP)
        time.sleep(2)                   # that it misses, in which all goes on
        stream.process.send_signal(signal.SIGCONT)
        looks = [stream.next() for _ in range(5)]
    assert max(seen["interval_ms"] for seen in looks) >= 1500, looks
    assert min(seen["interval_ms"] for seen in looks) >= 290, looks
    assert stream.end() == ""
    assert s.stop() == 0


def the_tables_of_an_interval():
    s = calc()
    with under_load(s):
        text = top("-1", "-d", "500ms", "-n", s.name)
        totals = top("-1t", "-d", "100ms", "-n", s.name)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80, text
    assert lines[0].startswith("%s: thriftfork " % s.name), text
    assert re.match(r"calls/s [1-9][\d.]*[kM]?  errors/s 0  connections \d+ "
                    r" in flight \d+$", lines[1]), text
    assert re.match(r"p50 \S+s  p99 \S+s  p99.9 \S+s  listening on " +
                    re.escape(s.address), lines[2]), text
    for slot, pid in s.workers().items():
        assert re.search(r"^ +%d +%d ready " % (slot, pid), text, re.M), text
    assert re.search(r"^ Calculator.calculate +\d+ +\d+ +[1-9]", text,
                     re.M), text
    assert re.search(r"^\*SLOT .* CALLS/s", text, re.M), text
    assert re.search(r"^\*SLOT .* CALLS ", totals, re.M), totals
    assert s.stop() == 0


def json_has_its_fields():
    """those of the manual, and no other"""
    s = calc()
    seen = json.loads(top("-1", "--json", "-d", "100ms", "-n", s.name))
    assert s.stop() == 0
    with open(os.path.join(os.environ["TF_SOURCE"],
                           "man/thriftfork-top.1")) as f:
        section = re.search(r"^\.Sh JSON\n(.*?)^\.Sh", f.read(),
                            re.M | re.S).group(1)
    told = set()
    for words in re.findall(r"^\.(?:It |Pq )?Li (.*)$", section, re.M):
        told |= set(re.findall(r"[a-z][a-z0-9_]+", words))

    def keys(what):
        if isinstance(what, list):
            return set().union(*map(keys, what)) if what else set()
        if isinstance(what, dict):
            return set(what).union(*map(keys, what.values()))
        return set()

    calls = {"thread", "seqid", "peer", "running_ms", "stale"}
    assert keys(seen) | calls == told, keys(seen) ^ told


def what_has_gone_wrong():
    """who waits and was turned away, who died, why connections were closed"""
    s = Bed(workers=1, conf="threads 1\nthreaded yes\n")
    peer = Peer(s)
    assert peer.call("pid") is not None
    peer.close()
    until(lambda: s.status()["counters"]["closed_by_peer"] > 0, "it is seen")
    holds, release = held_call(s)
    waits = Peer(s).send("echo", words("waits"))
    until(lambda: s.status()["counters"]["calls_queued"] == 1, "it waits")

    def now():
        return json.loads(top("-1", "--json", "-d", "100ms", "-n", s.name))

    seen = now()
    flight = {m["method"]: m["in_flight"] for m in seen["methods"]}
    assert flight["hold"] == 1 and seen["in_flight"] >= 1, flight
    text = top("-1t", "-d", "100ms", "-n", s.name)
    assert re.search(r"^ Testbed.hold +1 +1 ", text, re.M), text
    assert re.search(r"^to be accepted \d+  turned away \d+  died none  "
                     r"closed by peer \d+", text, re.M), text
    release.close()
    assert holds.reply() is not None and waits.reply() is not None
    until(lambda: s.status()["in_flight"] == 0, "nothing is in flight")
    echo = [m for m in now()["methods"] if m["method"] == "echo"][0]
    assert 0 < echo["total"]["wait_p99_ns"], echo
    assert echo["in_flight"] == 0, echo
    text = top("-1t", "-d", "100ms", "-n", s.name)
    assert re.search(r"^ METHOD .* WAIT99$", text, re.M), text
    assert re.search(r"^ Testbed.echo .* \d\S*s$", text, re.M), text
    os.kill(s.workers()[0], signal.SIGKILL)
    s.await_log("died of signal 9")
    s.await_log(r"worker 0 pid \d+ serves")
    seen = now()
    assert {"reason": "crashed", "count": 1} in seen["deaths"], seen
    closed = {r["reason"]: r["count"] for r in seen["closed"]}
    assert closed["by_peer"] >= 1 and closed["quit"] == 0, closed
    assert seen["accept_queue"] >= 0 <= seen["accept_drops"], seen
    text = top("-1", "-d", "100ms", "-n", s.name)
    assert re.search(r"  died crashed 1  closed/s ", text), text
    assert max(map(len, text.splitlines())) <= 80, text
    assert s.stop() == 0


def by_its_socket():
    s = calc(workers=1)
    where = os.path.join(instance_dir(), s.name + ".sock")
    for path, directory in ((where, "/"), (s.name + ".sock", instance_dir())):
        text = top("-1", "-d", "100ms", "-S", path, cwd=directory)
        assert text.startswith(s.name + ": "), text
    assert s.stop() == 0


def what_is_refused():
    s = calc(workers=1)
    name = ("-n", s.name)
    refused(1, "does not run", "top", "-1", "-n", "nonesuch")
    refused(1, "-1 and --json do without", "top", *name,
            stdin=subprocess.DEVNULL)
    for words in (("-d", "5"), ("-d", "10ms"), ("-x",), ("more",)):
        assert launcher("top", *name, *words).returncode == 2, words
    for term, said in (("dumb", "TERM=dumb cannot place its cursor"),
                       ("nonesuch", "TERM=nonesuch is not known"),
                       ("", "TERM is not set")):
        t = Terminal([TOP, *name], 200, 24, term)
        t.shows("(%s|without ncurses).* -1 and --json do without$" % said)
        assert t.process.wait(DEADLINE) == 1
        t.close()
    with open("/dev/full", "w") as full:
        done = subprocess.run([TOP, "-1", "-d", "100ms", *name], stdout=full,
                              stderr=subprocess.PIPE, text=True,
                              timeout=DEADLINE)
    assert done.returncode == 1 and "No space left" in done.stderr, done
    assert launcher("top", "--version").stdout.startswith("thriftfork ")
    assert launcher("top", "--help").stdout.startswith("usage: ")
    assert s.stop() == 0


def screen_of(server, columns, lines):
    t = Terminal([TOP, "-n", server.name, "-d", "200ms"], columns, lines)
    t.shows(r"^listening on|^p50 |^built without|: built without")
    if "built without" in t.screen():
        raise Skip("built without ncurses")
    return t


def leave(t):
    t.send("q")
    assert t.end() == 0, t.screen()
    assert not ILL.search(t.raw.decode(errors="replace")), t.raw
    t.close()


def screen_of_the_usual_size():
    """80x24: rows, sorting, filter, totals, pause, interval, help"""
    s = calc()
    with under_load(s):
        t = screen_of(s, 80, 24)
        t.shows(r"^%s: thriftfork \S+, master %d, " % (s.name, s.pid))
        t.shows(r"^calls/s [1-9]\S*  errors/s 0 ")
        for slot, pid in s.workers().items():
            t.shows(r"^[> ] +%d +%d ready " % (slot, pid))
        t.shows(r"^ Calculator\.calculate +\d+ +\d+ +[1-9]\S* ")
        t.shows(r"^every 200ms +h help")
        t.shows(r"^>   0 ")
        t.send("j")
        t.shows(r"^>   1 ")
        t.send(">")
        t.shows(r"^ +SLOT +\*PID ")
        t.send("\t\x1b[B")                      # the key "down"
        t.shows(r"^>Calculator")
        t.send("/ping\r")
        t.shows(r"only with 'ping'")
        t.hides(r"Calculator\.calculate")
        t.shows(r"^>Calculator\.ping +\d+ ")
        t.send("\x1b")
        t.shows(r"Calculator\.calculate")
        t.send("t")
        t.shows(r"TOTALS")
        t.shows(r"^calls [1-9]\d* ")
        t.send("tp")
        t.shows(r"PAUSED")
        t.send("pd\x7f\x7f\x7f\x7f\x7f300ms\r")
        t.shows(r"^every 300ms +h help")
        t.send("d9\r")
        t.shows(r"^'0\.3s9' is no interval")
        t.send("h")
        t.shows(r"^  left, right, <, > ")
        t.shows(r"^any key: more")
        t.send(" ")
        t.shows(r"^Columns of methods|any key")
        t.send("\x1b")
        t.shows(r"^every 300ms")
        assert all(len(line) <= 80 for line in t.grid.text())
        leave(t)
    assert s.stop() == 0


def screen_of_a_large_size():
    """200x50: more columns; then other sizes, one of them too small"""
    s = calc()
    t = screen_of(s, 200, 50)
    t.shows(r"RESTARTS .* QUEUED .* OUT/s$")
    t.until(lambda screen: screen.splitlines()[-1].startswith("every 200ms")
            and len(screen.splitlines()) == 50, "the last line")
    t.resize(100, 30)
    t.until(lambda screen: len(screen.splitlines()) == 30 and
            screen.splitlines()[-1].startswith("every 200ms") and
            "QUEUED" not in screen, "as large as that")
    t.resize(20, 5)
    t.shows(r"^too small$")
    t.resize(80, 24)
    t.shows(r"^every 200ms")
    t.shows(r"^\*SLOT +PID ")
    t.process.terminate()
    assert t.end() == -signal.SIGTERM
    t.close()
    assert s.stop() == 0


def one_worker():
    """its calls, its methods; and the process that has its place later"""
    s = Bed(workers=1)
    call, release = held_call(s)
    pid = s.workers()[0]
    t = screen_of(s, 80, 24)
    t.shows(r"^>   0 +%d ready " % pid)
    t.shows(r"^ Testbed\.hold +1 ")
    t.send("\r")
    t.shows(r"^slot 0, process %d, ready, generation 1" % pid)
    t.shows(r"^ loop +\S+  Testbed\.hold \(seqid 7, from 127\.0\.0\.1:\d+\)")
    release.close()
    t.shows(r"^in no call now$")
    t.hides(r"Testbed\.hold +1 ")
    assert call.reply() is not None
    os.kill(pid, signal.SIGKILL)
    t.shows(r"^slot 0, process (?!%d,)\d+, ready" % pid)
    t.send("\x1b")
    t.shows(r"^>   0 +\d+ ready ")
    leave(t)
    assert s.stop() == 0


def through_a_reload_and_an_upgrade():
    s = calc(Upgraded)
    with under_load(s):
        t = screen_of(s, 80, 24)
        stream = Stream(s)
        t.shows(r"master %d, .* generation 1," % s.pid)
        assert launcher("reload", "-n", s.name).returncode == 0
        t.shows(r"master %d, .* generation 2," % s.pid)
        before = s.pid
        s.upgrade()
        t.shows(r"master %d, .* generation 3," % s.pid)
        t.hides(r"leaving|^!")
        t.shows(r"^calls/s [1-9]")
        until(lambda: stream.next()["master"]["pid"] == s.pid != before,
              "the new master")
        assert stream.next()["interval"]["calls"] > 0
        leave(t)
        assert stream.end() == ""
    s.end()


def without_a_master():
    """it says so, and finds the next one of that name"""
    s = calc()
    t = screen_of(s, 120, 24)
    stream = Stream(s)
    t.shows(r"^every 200ms")
    stream.next()
    assert s.stop() == 0
    t.shows(r"^! %s does not run .*; waiting for it" % s.name)
    t.shows(r"^%s: thriftfork" % s.name)        # its last numbers
    assert "does not run" in stream.process.stderr.readline()
    Server.count -= 1                           # the same name again
    again = calc()
    assert again.name == s.name
    t.shows(r"master %d, " % again.pid)
    t.shows(r"^every 200ms")
    seen = stream.next()
    while seen["master"]["pid"] != again.pid:
        seen = stream.next()
    leave(t)
    assert stream.end() == ""
    assert again.stop() == 0


main([rates_of_a_known_load, sums_of_all_intervals, after_a_stop,
      the_tables_of_an_interval, json_has_its_fields, what_has_gone_wrong,
      by_its_socket, what_is_refused, screen_of_the_usual_size,
      screen_of_a_large_size, one_worker, through_a_reload_and_an_upgrade,
      without_a_master])
