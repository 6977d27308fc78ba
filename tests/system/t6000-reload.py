#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reload and scale under load: nobody feels them, and what fails on the way
leaves everything as it was."""

import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, held_call, i32, under_load
from daemon import CALC, TESTBED
from harness import Skip, built, main, source, tempdir, until


def generation(s):
    return s.status()["master"]["generation"]


def reloads(s):
    """How many have been done, and how many have failed."""
    has = s.status()["master"]["counters"]
    return has["reloads"], has["reloads_failed"]


def put(path, content):
    """Replaces the file in one step."""
    with open(path + "~", "wb") as f:
        f.write(content)
    os.rename(path + "~", path)


def content(path):
    with open(path, "rb") as f:
        return f.read()


def felt_by_nobody():
    """and the new generation is what answers then"""
    s = Bed(workers=4)
    peer = Peer(s)
    with under_load(s, calls=500):
        for i in range(5):
            s.mood("take %d" % i)
            s.succeeds("reload")
            assert s.moods() == {"take %d" % i}
            assert generation(s) == i + 2
            # A connection from before is with the new ones, too.
            until(lambda: b"take %d" % i in peer.call("mood"), "it moves")
    s.settle()
    assert {w["generation"] for w in s.status()["slots"]
            if w["state"] == "ready"} == {6}
    assert s.stop() == 0


def by_hangup():
    s = Bed(workers=2)
    with under_load(s):
        s.mood("hung up")
        s.signal(signal.SIGHUP)
        s.await_log("generation 2 serves")
        assert s.moods() == {"hung up"}
        # Two that come close together: the second is not forgotten.
        s.signal(signal.SIGHUP)
        s.await_log("reloading: generation 3")
        s.mood("again")
        s.signal(signal.SIGHUP)
        s.await_log("generation 4 serves")
        assert s.moods() == {"again"}
    assert s.stop() == 0


def module_replaced():
    """with another one, by rename"""
    path = os.path.join(tempdir(), "bed.so")
    os.chmod(os.path.dirname(path), 0o755)
    put(path, content(CALC))
    s = Bed(workers=2, module=path)
    assert b"pid: " not in Peer(s).call("pid")[:9]
    with under_load(s):
        assert b"unknown" in Peer(s).call("mood").lower()
        put(path, content(TESTBED))
        s.succeeds("reload")
        assert s.moods() == {"good"}
    assert s.stop() == 0


def module_that_is_none():
    """garbage, the beginning of a file, none, another library, a missing symbol"""
    path = os.path.join(tempdir(), "bed.so")
    os.chmod(os.path.dirname(path), 0o755)
    good = content(TESTBED)
    put(path, good)
    s = Bed(workers=2, module=path)
    with under_load(s):
        for bad, words in (
                (b"garbage", "bed.so: (file too short|invalid ELF header)"),
                (good[:4096], "bed.so: its end is missing"),
                (content(built(".libs/libthriftfork.so")),
                 "bed.so is not a module"),
                (good.replace(b"tf_fail\0", b"tf_fial\0"),
                 "undefined symbol: tf_fial")):
            put(path, bad)
            s.fails(words, "reload")
            assert s.moods() == {"good"}
        os.unlink(path)
        s.fails("bed.so: No such file or directory", "reload")
        put(path, good)
        s.mood("better")
        s.succeeds("reload")
        assert s.moods() == {"better"}
        assert reloads(s) == (1, 5), reloads(s)
    assert s.stop() == 0


def module_for_another_abi():
    """compiled here"""
    compiler = shutil.which("cc")
    if compiler is None:
        raise Skip("no compiler")
    path = os.path.join(tempdir(), "bed.so")
    os.chmod(os.path.dirname(path), 0o755)
    put(path, content(TESTBED))
    s = Bed(workers=1, module=path)
    program = """#include <thriftfork/server.h>
        static int setup(struct tf_server *s) { (void)s; return 0; }
        TF_EXPORT extern const struct tf_module thriftfork_module;
        const struct tf_module thriftfork_module = { TF_MAGIC, TF_ABI + 1,
            sizeof(struct tf_module), setup };"""
    subprocess.run([compiler, "-shared", "-fPIC", "-I", source("include"),
                    "-o", path + "~", "-x", "c", "-"], check=True,
                   input=program.encode())
    with under_load(s):
        os.rename(path + "~", path)
        s.fails("built for another version of thriftfork", "reload")
        put(path, content(TESTBED))
        s.succeeds("reload")
    assert s.stop() == 0


def bad_configurations():
    s = Bed(workers=2, conf="call-timeout 7s\n")
    with under_load(s):
        for conf, words in (
                ("call-timeout seven\n", "conf:1: call-timeout: "),
                ("nonsense 1\n", "conf:1: .*nonsense"),
                ("call-timeout.Testbed.none 1s\n",
                 "call-timeout.Testbed.none: there is no such method"),
                ("backlog 77\n", "backlog: cannot be changed by a reload"),
                ("max-workers 9\n",
                 "max-workers: cannot be changed by a reload"),
                ("pidfile /nowhere/pid\n",
                 "pidfile: cannot be changed by a reload")):
            s.conf(conf)
            s.fails(words, "reload")
            assert generation(s) == 1
        os.unlink(s.conf_path)
        s.fails("conf: No such file or directory", "reload")
        s.conf("call-timeout 7s\n")
        s.succeeds("reload")
        assert reloads(s) == (1, 7), reloads(s)
    assert s.stop() == 0


def configuration_read_again():
    """call-timeout, and the number of workers if nobody has changed it"""
    s = Bed(conf="rescue-after 1s\n", workers=2)
    s.conf("call-timeout.Testbed.doze 300ms\n")
    s.succeeds("reload")
    assert Peer(s).call("doze", i32(60000)) is None
    s.await_log("Testbed.doze has run for .* its call-timeout is 0.3 s")
    assert s.stop() == 0


def moods_that_fail():
    """in setup(), at the start, or never ready: the old ones go on"""
    s = Bed(workers=3, conf="start-timeout 400ms\n")
    with under_load(s):
        for mood, words in (
                ("refuse-setup", "no setup today"),
                ("leave-in-setup",
                 "preflight exited with 0 before setup\\(\\) had returned"),
                ("crash-in-setup", "preflight died of signal 6"),
                ("refuse-start", "worker 0 pid \\d+ generation \\d+ exited"),
                ("crash-in-start",
                 "worker 0 pid \\d+ generation \\d+ died of signal 6"),
                ("hang-in-start",
                 "worker 0 pid \\d+ generation \\d+ died of signal 9")):
            s.mood(mood)
            s.fails(words, "reload")
            assert s.moods() == {"good"}, mood
            assert generation(s) == 1
        s.mood("better")
        s.succeeds("reload")
        assert s.moods() == {"better"}
    s.settle()
    assert s.stop() == 0


def canary_that_crashes():
    """at its first call: that call is all that is lost"""
    s = Bed("-o", "canary-time=1500ms", workers=2)
    with under_load(s, "-c", 8, "-d", 4):
        s.mood("crash-in-call")
        reload = subprocess.Popen(
            [built("thriftfork"), "reload", "-n", s.name], text=True,
            stderr=subprocess.PIPE)
        s.await_log("is the canary")
        answers = []
        while reload.poll() is None:
            peer = Peer(s)
            answers.append(peer.call("mood"))
            peer.close()
        err = reload.stderr.read()
        reload.stderr.close()
        assert reload.returncode == 1, err
        assert "generation 2 died of signal 6" in err and \
            "into Testbed.mood" in err and err.count("\n") == 1, err
        assert answers.count(None) == 1, answers
        assert s.moods() == {"good"}
        s.mood("better")
        s.succeeds("reload")
        assert s.moods() == {"better"}
        assert reloads(s) == (1, 1), reloads(s)
    assert s.stop() == 0


def worker_that_goes_during_a_reload():
    """killed or told to leave while its successor is about to start"""
    s = Bed("-o", "canary-time=300ms", workers=3)
    for sig in (signal.SIGTERM, signal.SIGKILL):
        for slot in (0, 2):
            pid = s.workers()[slot]
            s.signal(signal.SIGHUP)
            s.await_log("is the canary")
            os.kill(pid, sig)
            s.await_log(r"generation \d+ serves")
            s.settle()
            assert len(s.workers()) == 3
    assert s.stop() == 0


def reload_during_a_recycling():
    """whose worker takes its time to start"""
    s = Bed("-o", "start-timeout=3s", workers=2)
    for slot in (0, 1):
        s.mood("hang-in-start")
        pid = s.workers()[slot]
        os.kill(pid, signal.SIGTERM)
        s.await_log("worker %d pid %d has been told to leave" % (slot, pid))
        s.await_log("worker hangs")
        s.mood("good")
        s.succeeds("reload")
        s.settle()
    assert s.stop() == 0


def told_to_leave_before_a_reload_that_fails():
    """its successor went for the sake of the reload: it gets another one"""
    s = Bed("-o", "start-timeout=3s", "-o", "canary-time=1h", workers=2)
    s.mood("hang-in-start")
    pid = s.workers()[0]
    os.kill(pid, signal.SIGTERM)
    s.await_log("worker 0 pid %d has been told to leave" % pid)
    s.await_log("worker hangs")
    s.mood("good")
    reload = subprocess.Popen([built("thriftfork"), "reload", "-n", s.name],
                              stderr=subprocess.DEVNULL)
    canary = int(s.await_log(r"worker 0 pid (\d+) serves").group(1))
    assert s.workers()[0] == pid
    os.kill(canary, signal.SIGKILL)
    assert reload.wait(30) == 1
    until(lambda: s.workers().get(0, pid) != pid, "it leaves after all")
    s.settle()
    assert s.stop() == 0


def scaling():
    """1 to 8, synchronous; nobody feels it"""
    s = Bed(workers=1)
    with under_load(s):
        for n in (2, 8, 3, 1, 5, 1, 8, 1):
            s.succeeds("scale", str(n))
            assert len(s.workers()) == n
            assert len(s.processes()) == n
        for sig, n in ((signal.SIGTTIN, 2), (signal.SIGTTIN, 3),
                       (signal.SIGTTOU, 2)):
            s.signal(sig)
            until(lambda: len(s.workers()) == n == len(s.processes()),
                  "%d workers" % n)
        # It stands after a reload.
        s.succeeds("reload")
        s.settle()
        assert len(s.workers()) == 2
    for wrong in ("0", "65", "-1", "x", ""):
        done = s.verb("scale", wrong)
        assert done.returncode in (1, 2) and done.stderr, (wrong, done)
    s.fails("65 workers: max-workers is 64", "scale", "65")
    assert s.verb("scale").returncode == 2
    assert s.verb("scale", "1", "2").returncode == 2
    assert len(s.workers()) == 2
    s.succeeds("scale", "1")
    s.signal(signal.SIGTTOU)
    s.await_log("there must be a worker")
    assert s.stop() == 0


def reload_behind_two_that_leave(s):
    """A call in the older one of two generations that are not gone when the
    third is followed by the next; and what ends it."""
    older = held_call(s)
    s.succeeds("reload")
    newer = held_call(s)
    s.succeeds("reload")
    s.succeeds("reload")
    return older, newer


def two_generations_leave():
    """the older one has less time, but not none"""
    s = Bed("-v", "-o", "drain-timeout=5m", workers=1)
    (call, fifo), (other, end) = reload_behind_two_that_leave(s)
    fifo.close()
    assert b"hold" in call.reply()
    serving = set(s.workers().values())
    until(lambda: call.pid() in serving, "the connection has moved")
    end.close()
    assert b"hold" in other.reply()
    s.settle()
    (call, fifo), (other, end) = reload_behind_two_that_leave(s)
    s.await_log(r"worker 0 pid \d+: timeout in draining: stop")
    fifo.close()
    assert b"hold" in call.reply()
    serving = {None} | set(s.workers().values())
    until(lambda: call.pid() in serving, "it is closed, or has moved at last")
    end.close()
    assert b"hold" in other.reply()
    assert s.stop() == 0


def no_room_for_another_generation():
    s = Bed("-o", "max-workers=1", workers=1)
    calls = []
    for _ in range(3):
        calls.append(held_call(s))
        s.succeeds("reload")
    calls.append(held_call(s))
    s.fails("worker 0 cannot be started: too many before it have not left",
            "reload")
    for call, fifo in calls:
        fifo.close()
        assert b"hold" in call.reply()
    s.settle()
    s.succeeds("reload")
    assert s.stop() == 0


main([felt_by_nobody, by_hangup, module_replaced, module_that_is_none,
      module_for_another_abi, bad_configurations, configuration_read_again,
      moods_that_fail, canary_that_crashes, worker_that_goes_during_a_reload,
      reload_during_a_recycling, told_to_leave_before_a_reload_that_fails,
      two_generations_leave, no_room_for_another_generation, scaling])
