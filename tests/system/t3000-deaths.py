#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Deaths and stops under load: who loses what, and who comes back."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Peer, held_call, i32
from harness import Load, Server, Skip, built, gone, main, tempdir, until

CALC = [built("thriftfork"), "run", built(".libs/calc.so")]
TESTBED = [built("thriftfork"), "run", built(".libs/testbed.so")]


def killed_worker_costs_its_own_calls_only():
    s = Server(CALC, workers=2)
    load = Load(s.address, "-c", 16, "-d", 4, "-t", 60, "--reconnect")
    load.ready()
    kills = 5
    for _ in range(kills):
        slot, pid = sorted(s.workers().items())[0]
        before = s.status()["counters"]["connections_lost"]
        os.kill(pid, signal.SIGKILL)
        s.await_log(r"worker %d pid %d .*died of signal 9" % (slot, pid))
        s.await_log(r"worker %d pid \d+ serves" % slot)
        assert s.status()["counters"]["connections_lost"] >= before
    r = load.stop()
    lost = s.status()["counters"]["connections_lost"]
    closed = r["closed_idle"] + r["closed_in_flight"] + r["closed_reset"] + \
        r["closed_mid_reply"]
    assert r["wrong"] == 0 and r["stray"] == 0 and r["timed_out"] == 0, r
    assert r["app_exceptions"] == 0 and r["refused"] == 0, r
    # Its connections end and no other; the calls lost were on those.  One
    # that the kernel had queued but nobody accepted is not lost.
    assert closed == lost, (closed, lost, r)
    assert r["lost"] <= lost * 4, (lost, r)
    assert r["right"] > 0 and r["sent"] == r["right"] + r["lost"], r
    assert s.stop() == 0


def term_answers_the_call_in_flight():
    s = Server(TESTBED, workers=2)
    pids = s.workers().values()
    call, fifo = held_call(s)
    s.signal(signal.SIGTERM)
    s.await_log("stopping")
    fifo.write(b"answered")
    fifo.close()
    assert b"answered" in call.reply()
    call.close()
    assert s.wait() == 0
    assert all(gone(p) for p in pids)


def term_under_load_answers_what_was_sent():
    s = Server(CALC, workers=2)
    load = Load(s.address, "-c", 8, "-d", 4, "-t", 60)
    load.ready()
    assert s.stop() == 0
    r = load.report()
    assert r["wrong"] == 0 and r["timed_out"] == 0, r
    # No reset and no half reply: connections end in order.
    assert r["closed_mid_reply"] == 0, r


def second_term_is_quick():
    s = Server(TESTBED, workers=1)
    call, fifo = held_call(s)
    s.signal(signal.SIGTERM)
    s.await_log("stopping")
    s.signal(signal.SIGTERM)
    assert s.wait() == 0
    assert "is killed: it did not leave in time" in s.drain_log()
    assert call.reply() is None
    fifo.close()


def stop_timeout_ends_a_hanging_handler():
    s = Server(TESTBED, "-o", "stop-timeout=300ms", workers=1)
    call, fifo = held_call(s)
    s.signal(signal.SIGTERM)
    assert s.wait() == 0
    log = s.drain_log()
    assert "died of signal 9" in log and "into Testbed.hold seqid 7" in log, \
        log
    fifo.close()
    call.close()


def killed_master_leaves_no_worker():
    s = Server(CALC, workers=3)
    pids = s.workers().values()
    load = Load(s.address, "-c", 8, "-d", 4, "-t", 60)
    load.ready()
    s.signal(signal.SIGKILL)
    until(lambda: all(gone(p) for p in pids), "orphans leave")
    r = load.report()
    assert r["wrong"] == 0 and r["closed_mid_reply"] == 0, r
    # Nothing listens any more.
    assert socket.socket().connect_ex(("127.0.0.1", s.port)) != 0


def killed_master_lets_calls_in_flight_end():
    s = Server(TESTBED, workers=1)
    pid, = s.workers().values()
    call, fifo = held_call(s)
    s.signal(signal.SIGKILL)
    s.wait()
    fifo.write(b"still answered")
    fifo.close()
    assert b"still answered" in call.reply()
    call.close()
    until(lambda: gone(pid), "the orphan leaves")


def orphan_in_a_hanging_handler_ends_too():
    """killed master, stuck handler: gone after stop-timeout"""
    if os.environ.get("TF_SANITIZER") == "thread":
        raise Skip("the thread sanitizer holds signals back while a handler "
                   "is in read(2)")
    s = Server(TESTBED, "-o", "stop-timeout=300ms", workers=1)
    pid, = s.workers().values()
    call, fifo = held_call(s)
    s.signal(signal.SIGKILL)
    s.wait()
    until(lambda: gone(pid), "the orphan leaves")
    assert call.reply() is None
    fifo.close()


def crash_gets_an_obituary():
    s = Server(TESTBED, workers=1)
    call = Peer(s).send("die", i32(signal.SIGSEGV))
    assert call.reply() is None
    s.await_log(r"worker 0 pid \d+ generation 1 died of signal 11 .*"
                r"into Testbed\.die seqid 7 from 127\.0\.0\.1:\d+")
    s.await_log("worker 0 pid .* serves")
    deaths = s.status()["deaths"]
    assert len(deaths) == 1 and "Testbed.die" in str(deaths), deaths
    status = s.status()
    assert status["counters"]["calls_aborted"] == 1, status
    died = {k: n for k, n in status["master"]["counters"].items() if n != 0
            and k.startswith("deaths")}
    assert died == {"deaths_crashed": 1}, died
    assert s.stop() == 0


def term_of_one_worker_takes_nothing_from_the_others():
    """over a unix socket that all share, and over TCP"""
    path = os.path.join(tempdir(), "calc")
    for listen in ("unix:" + path, "127.0.0.1:0"):
        s = Server(CALC, workers=2, listen=listen)
        for slot in (0, 1):
            pid = s.workers()[slot]
            os.kill(pid, signal.SIGTERM)
            s.await_log(r"worker %d pid \d+ serves" % slot)
            r = Load(s.address, "-c", 4, "-n", 500).report()
            assert r["ok"] and r["right"] == 500, r
        assert "in a row" not in s.drain_log()
        assert s.stop() == 0


def repeated_quick_stops_give_no_more_time():
    s = Server(TESTBED, workers=1)
    call, fifo = held_call(s)
    pid, = s.workers().values()
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + 8
    while s.process.poll() is None and time.monotonic() < end:
        s.signal(signal.SIGINT)
        # Somebody's impatience: spread over the time that is not renewed.
        with contextlib.suppress(subprocess.TimeoutExpired):
            s.wait(0.2)
    assert s.process.poll() == 0, s.process.poll()
    fifo.close()
    call.close()


def storm_of_stops_is_an_orderly_end():
    """signals that come when the server is nearly gone, too"""
    for _ in range(10):
        s = Server(CALC, workers=1)
        while s.process.poll() is None:
            for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                s.signal(sig)
        assert s.process.poll() == 0, s.process.poll()


def crash_loop_backs_off():
    s = Server(TESTBED, workers=1)
    for death in (1, 2):
        call = Peer(s).send("die", i32(signal.SIGABRT))
        assert call.reply() is None
        s.await_log(r"worker 0: death %d in a row; the next one starts in "
                    r"0\.%d s" % (death, death))
        s.await_log("worker 0 pid .* serves")
    assert s.stop() == 0


def failing_handler_is_an_internal_error():
    s = Server(TESTBED, workers=1)
    reply = Peer(s).call("fail_silently")
    assert reply[1] == 0x61 and b"fail_silently failed" in reply, reply
    s.await_log("Testbed.fail_silently returned -1 without saying why")
    assert s.stop() == 0


main([killed_worker_costs_its_own_calls_only,
      term_answers_the_call_in_flight, term_under_load_answers_what_was_sent,
      second_term_is_quick, stop_timeout_ends_a_hanging_handler,
      killed_master_leaves_no_worker, killed_master_lets_calls_in_flight_end,
      orphan_in_a_hanging_handler_ends_too,
      term_of_one_worker_takes_nothing_from_the_others,
      repeated_quick_stops_give_no_more_time,
      storm_of_stops_is_an_orderly_end,
      crash_gets_an_obituary, crash_loop_backs_off,
      failing_handler_is_an_internal_error])
