#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The access log: a line for each call, however it ends and however it came;
none is lost when the file is rotated, and what is lost when there is no room
is known."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import (ONEWAY, Bed, Peer, fifo, frame, held_call, i32, text,
                 under_load)
from daemon import CALC, Daemon, launcher, read, refused, written
from harness import Server, Skip, built, main, source, tempdir, until
import tls

CALC_IDL = source("tests/examples/calc/calc.thrift")
TESTBED_IDL = source("tests/system/testbed.thrift")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "traceparent=00-%s-00f067aa0ba902b7-01" % TRACE
PAIR = re.compile(r' ([a-z_]+)=("(?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})*"|'
                  r'[!#-<>-\[\]-~]+)')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ALWAYS = ["time", "pid", "worker", "peer", "method", "seqid", "outcome",
          "bytes_in", "bytes_out", "wait_us", "time_us", "protocol",
          "transport", "sample"]
SOMETIMES = ["exception", "error", "gone", "zlib", "tls", "trace"]


def parse_text(line):
    """As a dictionary; nothing may be left over."""
    head = TIME.match(line)
    assert head, line
    pairs = PAIR.findall(line[head.end():])
    assert head.group() + "".join(" %s=%s" % p for p in pairs) == line, line
    found = {"time": head.group()}
    for key, value in pairs:
        assert key not in found, line
        quoted = value[1:-1] if value[0] == '"' else value
        found[key] = int(value) if re.fullmatch(r"-?\d+", value) and \
            key != "trace" else quoted
    return found


def parse_json(line):
    found = json.loads(line)
    assert TIME.fullmatch(found["time"]), line
    return found


def lines(path, parse=parse_json):
    """Of calls; what is not whole yet comes later."""
    whole = read(path).rpartition("\n")[0]
    found = [parse(line) for line in whole.split("\n") if line]
    for line in found:
        if "lost" in line:
            assert set(line) == {"time", "pid", "worker", "lost"}, line
        else:
            assert set(ALWAYS) <= set(line) <= set(ALWAYS + SOMETIMES), line
    return found


def calls(path, parse=parse_json):
    return [line for line in lines(path, parse) if "lost" not in line]


def await_calls(path, n, parse=parse_json):
    until(lambda: len(calls(path, parse)) >= n, "%d lines" % n)
    assert len(calls(path, parse)) == n, calls(path, parse)
    return calls(path, parse)


def place():
    directory = tempdir()
    os.chmod(directory, 0o755)
    return os.path.join(directory, "access")


def bed(path, *options, json_lines=True, **more):
    words = ["access-log=" + path] + list(options)
    if json_lines:
        words.append("access-log-format=json")
    return Bed(*[w for o in words for w in ("-o", o)], **more)


def ended(s):
    return s.status()["counters"]["calls_ended"]


def call(s, idl, method, args, *options):
    where = "127.0.0.1:%d" % s.port
    if options[-1:] == ("http",):
        where, options = "http://%s/" % where, options[:-2]
    done = launcher("call", *options, where, idl, method, args)
    return done.stdout + done.stderr


def out(s):
    """A call that is answered when the fifo is closed."""
    path = fifo()
    peer = Peer(s).send("later", text(path))
    return peer, open(path, "wb")


def stop(s):
    assert s.stop() == 0
    s.drain_log()


# ---- what stands there

def every_outcome():
    path = place()
    s = bed(path, "call-timeout.Testbed.later=3s", json_lines=False,
            workers=1)
    pid, = s.workers().values()
    peer = Peer(s)
    peer.call("echo", text("x"))
    peer.call("fail_silently")
    peer.call("no\nsuch=\"1\"")
    peer.call("echo", b"\x18\x7f")
    peer.send("quietly", text("thread"), ONEWAY).call("pid")
    peer.call("later", text("never"))
    call(s, CALC_IDL, "Calculator.calculate",
         '{"logid": 1, "w": {"num1": 1, "op": "DIV"}, "tags": []}')
    gone = Peer(s).send("later", text("never"))
    until(lambda: s.status()["in_flight"] == 1, "it is out")
    gone.reset()
    await_calls(path, 9, parse_text)
    held = Peer(s).send("later", text("never"))
    until(lambda: s.status()["in_flight"] == 1, "it is out")
    s.succeeds("stop", "--now")
    s.wait()
    seen = calls(path, parse_text)
    assert len(seen) == 10, seen
    assert {line["pid"] for line in seen} == {pid}
    assert {line["worker"] for line in seen} == {0}
    told = {(line["method"], line["outcome"], line.get("exception"),
             line.get("error"), line.get("gone")) for line in seen}
    assert told == {
        ("Testbed.echo", "ok", None, None, None),
        ("Testbed.fail_silently", "error", None, "failed", None),
        ("no\\x0asuch=\\\"1\\\"", "error", None, "unknown", None),
        ("Testbed.echo", "error", None, "arguments", None),
        ("Testbed.quietly", "oneway", None, None, None),
        ("Testbed.pid", "ok", None, None, None),
        ("Testbed.later", "error", None, "timed_out", None),
        ("Calculator.calculate", "exception", "InvalidOperation", None, None),
        ("Testbed.later", "error", None, "abandoned", "true"),
        ("Testbed.later", "aborted", None, None, None)}, told
    late = [line for line in seen if line.get("error") == "timed_out"]
    assert 3000000 <= late[0]["time_us"] < 20000000, late
    peer.close()
    held.close()


def every_way_in():
    """protocol, transport, TLS, trace"""
    path = place()
    ca = tls.Authority()
    s = bed(path, workers=1, conf=tls.settings(ca))
    want = []
    for proto in "compact", "binary", "json":
        for framing in "framed", "unframed", "header", "http":
            trace = ("-H", PARENT) if framing in ("header", "http") else ()
            assert call(s, TESTBED_IDL, "Testbed.echo", '{"text": "hello"}',
                        "-p", proto, *trace, "-f", framing) == '"hello"\n'
            want.append((proto, framing, TRACE if trace else None))
    seen = await_calls(path, len(want))
    assert [(x["protocol"], x["transport"], x.get("trace"))
            for x in seen] == want, seen
    for line in seen:
        assert line["peer"].startswith("127.0.0.1:"), line
        assert line["bytes_in"] > 12 and line["bytes_out"] > 12, line
        assert not set(line) & {"tls", "zlib"}, line
    assert b"good" in tls.TlsPeer(s, ca.context()).call("mood")
    s.conf(tls.settings(ca, tls_client_ca=ca.ca))
    s.succeeds("reload")
    own = ca.issue("somebody")
    assert b"good" in tls.TlsPeer(s, ca.context(own=own)).call("mood")
    anybody, somebody = await_calls(path, len(want) + 2)[-2:]
    assert anybody["tls"] == "", anybody
    assert somebody["tls"] == "CN=somebody", somebody
    stop(s)


def sizes_and_times_are_true():
    path = place()
    s = bed(path, "threads=1", "threaded.Testbed.hold=yes",
            "threaded.Testbed.echo=yes", workers=1)
    began = time.monotonic()
    held, end = held_call(s)
    other = Peer(s).send("echo", text("y" * 1000))
    until(lambda: s.status()["counters"]["calls_queued"] == 1, "it waits")
    both = time.monotonic()
    until(lambda: time.monotonic() > both + 0.05, "a while")
    over = time.monotonic()
    end.close()
    held.reply()
    size = len(other.reply()) + 4
    done = time.monotonic()
    hold, echo = await_calls(path, 2)
    assert (over - both) * 1e6 <= hold["time_us"] <= (done - began) * 1e6
    assert (over - both) * 1e6 <= echo["wait_us"] <= (done - began) * 1e6
    assert echo["time_us"] <= (done - over) * 1e6, echo
    assert echo["bytes_out"] == size, (echo, size)
    assert echo["bytes_in"] == 1000 + 4 + 4 + 4 + 3 + 1, echo
    stop(s)


def of_a_thread_that_is_not_free():
    """the call is shed"""
    path = place()
    s = bed(path, "threads=1", "threaded=yes", "queue-timeout=50ms",
            workers=1)
    held, end = held_call(s)
    assert b"was not begun" in Peer(s).call("pid")
    seen, = await_calls(path, 1)
    assert seen["error"] == "shed" and seen["time_us"] == 0, seen
    assert seen["wait_us"] >= 50000, seen
    end.close()
    held.reply()
    stop(s)


def who_dies_is_in_the_obituary():
    """and what was before it is here"""
    path = place()
    s = bed(path, workers=1)
    peer = Peer(s)
    for _ in range(3):
        peer.pid()
    assert peer.call("die", i32(9)) is None
    s.await_log(r"died of signal 9 .* into Testbed\.die")
    s.await_log("serves")
    assert Peer(s).pid() is not None
    seen = await_calls(path, 4)
    assert [x["method"] for x in seen] == ["Testbed.pid"] * 4
    assert seen[0]["pid"] == seen[2]["pid"] != seen[3]["pid"], seen
    stop(s)


# ---- which calls

def sampled():
    path = place()
    s = bed(path, "access-log-sample=10", workers=2)
    with under_load(s, "-c", 8, "-d", 4, calls=1000):
        until(lambda: ended(s) > 3000, "some calls")
    n = ended(s)
    assert s.status()["in_flight"] == 0
    stop(s)
    seen = [x for x in calls(path) if x["sample"] == 10]
    # Of each worker's there is one of each ten.
    assert n / 10 - 2 <= len(seen) <= n / 10 + 2, (n, len(seen))
    assert len({x["method"] for x in seen}) > 2
    rest = [x for x in calls(path) if x["sample"] != 10]
    assert all(x["sample"] == 1 and x["time_us"] >= 1000000 for x in rest)


def slow_ones_always():
    path = place()
    s = bed(path, "access-log-sample=0", "access-log-errors=no",
            "slow-call=100ms", "slow-call.Testbed.nap=off", workers=1)
    peer = Peer(s)
    peer.call("echo", text("x"))
    peer.call("fail_silently")
    peer.call("doze", i32(100))
    peer.call("nap", i32(100))
    peer.call("nap", i32(100))
    peer.call("doze", i32(150))
    assert [x["method"] for x in await_calls(path, 2)] == ["Testbed.doze"] * 2
    # Behind a slow one it is the wait that counts.
    peer.socket.sendall(frame("doze", i32(100)) + frame("echo", text("x")))
    peer.reply()
    peer.reply()
    last = await_calls(path, 4)[-1]
    assert last["method"] == "Testbed.echo", last
    assert last["wait_us"] >= 100000 > last["time_us"], last
    stop(s)


def errors_always():
    path = place()
    s = bed(path, "access-log-sample=0", "slow-call=off", workers=1)
    peer = Peer(s)
    for _ in range(5):
        peer.call("doze", i32(1))
        peer.call("fail_silently")
        peer.call("what")
    assert [x["error"] for x in await_calls(path, 10)] == \
        ["failed", "unknown"] * 5
    stop(s)


# ---- where it goes

def rotation_loses_no_line():
    """nor does a reload, an upgrade, or a worker more"""
    path = place()
    s = bed(path, workers=2)
    files = []
    with under_load(s, calls=1000):
        for n in range(8):
            files.append("%s.%d" % (path, n))
            os.rename(path, files[-1])
            s.succeeds("reopen")
            assert os.path.exists(path)
            before = ended(s)
            until(lambda: ended(s) > before + 50, "more calls")
            if n % 4 == 1:
                s.succeeds("reload")
            if n % 4 == 2:
                s.succeeds("scale", str(2 + n % 3))
    status = s.status()
    assert status["in_flight"] == 0, status
    assert status["counters"]["access_lines_lost"] == 0, status
    stop(s)
    seen = [len(calls(f)) for f in files + [path]]
    assert sum(seen) == status["counters"]["calls_ended"], (seen, status)
    # All files had their share, or nothing was rotated.
    assert all(n > 0 for n in seen), seen


def upgrade():
    path = place()
    s = bed(path, workers=2)
    with under_load(s, calls=100):
        s.succeeds("upgrade")
        before = ended(s)
        until(lambda: ended(s) > before + 100, "more calls")
        os.rename(path, path + ".1")
        s.succeeds("reopen")
        before = ended(s)
        until(lambda: ended(s) > before + 100, "more calls")
    n = ended(s)
    s.succeeds("stop")
    assert len(calls(path + ".1")) + len(calls(path)) == n
    assert len(calls(path)) >= 100


def logrotate():
    """by the manual"""
    if shutil.which("logrotate") is None:
        raise Skip("no logrotate")
    path = place()
    s = bed(path, workers=2)
    page = read(source("man/thriftfork.7"))
    conf = re.search(r"^/var/log/calc\.log [^}]*^}$", page, re.M).group()
    conf = conf.replace("/var/log/calc.log /var/log/calc-access.log", path)
    conf = conf.replace("thriftfork reopen -n calc", "%s reopen -n %s" % (
        built("thriftfork"), s.name))
    assert "delaycompress" in conf and path in conf and s.name in conf
    where = written(os.path.dirname(path), "conf", conf)
    os.chmod(where, 0o644)
    with under_load(s, calls=100):
        for n in range(3):
            before = ended(s)
            until(lambda: ended(s) > before + 100, "more calls")
            subprocess.run(["logrotate", "-f", "-s", where + ".state", where],
                           check=True, timeout=30)
    n = ended(s)
    stop(s)
    subprocess.run(["gunzip", "%s.2.gz" % path, "%s.3.gz" % path], check=True)
    assert sum(len(calls(path + end))
               for end in ("", ".1", ".2", ".3")) == n


def who_may_not_open_the_file_is_handed_it():
    if os.geteuid() != 0:
        raise Skip("needs root")
    path = place()
    s = bed(path, "user=nobody", workers=2)
    os.chmod(os.path.dirname(path), 0o700)
    assert os.stat(path).st_uid == 0 and os.stat(path).st_mode & 0o777 == 0o640
    assert Peer(s).pid() is not None
    await_calls(path, 1)
    os.rename(path, path + ".1")
    s.succeeds("reopen")
    assert Peer(s).pid() is not None
    await_calls(path, 1)
    stop(s)


def reopening_fails_and_the_old_file_stays():
    directory = os.path.join(tempdir(), "sub")
    os.mkdir(directory)
    s = bed(directory + "/access", workers=1)
    os.rename(directory, directory + "2")
    s.fails("the access log cannot be opened again", "reopen")
    s.await_log("the access log cannot be opened again: No such file")
    assert Peer(s).pid() is not None
    await_calls(directory + "2/access", 1)
    stop(s)


def a_reload_may_change_all():
    first, second = place(), place()
    s = Bed(workers=2)
    Peer(s).pid()

    def settings(**pairs):
        s.conf("".join("%s %s\n" % (k.replace("_", "-"), v)
                       for k, v in pairs.items()))

    settings(access_log=first, access_log_format="text")
    s.succeeds("reload")
    Peer(s).pid()
    await_calls(first, 1, parse_text)
    settings(access_log=second, access_log_format="json")
    s.succeeds("reload")
    Peer(s).pid()
    await_calls(second, 1)
    os.rename(second, second + ".1")
    s.succeeds("reopen")
    Peer(s).pid()
    await_calls(second, 1)
    settings(access_log="/nonexistent/file")
    s.fails("access-log: /nonexistent/file: No such file", "reload")
    settings(access_log="what")
    s.fails("access-log: 'what' is not off, -, stderr or a path", "reload")
    settings(access_log=second, access_log_format="json",
             access_log_sample=0)
    s.succeeds("reload")
    Peer(s).call("fail_silently")
    Peer(s).pid()
    Peer(s).call("fail_silently")
    await_calls(second, 3)
    settings(access_log="off")
    s.succeeds("reload")
    Peer(s).call("fail_silently")
    stop(s)
    assert len(calls(first, parse_text)) == 1 and len(calls(second)) == 3
    assert len(calls(second + ".1")) == 1


def who_leaves_keeps_his():
    """a worker of the last generation, which has another file"""
    first, second = place(), place()
    s = bed(first, "drain-timeout=60s", workers=1)
    held, end = out(s)
    # On the command line it stands; in the file it may change.
    s.succeeds("reload")
    os.rename(first, first + ".1")
    s.succeeds("reopen")
    end.close()
    held.reply()
    held.close()
    await_calls(first, 1)
    assert calls(first + ".1") == []
    stop(s)
    s = Bed(conf="access-log %s\naccess-log-format json\n" % first,
            workers=1)
    held, end = out(s)
    s.conf("access-log %s\naccess-log-format json\n" % second)
    s.succeeds("reload")
    os.rename(second, second + ".1")
    s.succeeds("reopen")
    end.close()
    held.reply()
    held.close()
    await_calls(first, 2)
    stop(s)
    assert calls(second) == calls(second + ".1") == []


def no_place():
    refused(1, "access-log: /dev/full: No space left on device", "run", "-l",
            ":0", "-o", "access-log=/dev/full", CALC)
    refused(1, "access-log: /tmp/: Is a directory", "run", "-l", ":0", "-o",
            "access-log=/tmp/", CALC)
    refused(2, "access-log: 'log' is not off, -, stderr or a path", "run",
            "-o", "access-log=log", CALC)
    for stream in "-", "stderr":
        refused(2, "daemon: has no standard output for the access log", "run",
                "-d", "-o", "log=/tmp/x", "-o", "access-log=" + stream, CALC)


def of_a_daemon():
    path = place()
    s = Daemon("-o", "access-log=" + path, "-o", "access-log-format=json")
    s.workers()
    s.call("pid")
    await_calls(path, 1)
    os.rename(path, path + ".1")
    os.kill(s.pid, signal.SIGUSR1)
    until(lambda: os.path.exists(path), "a new file")
    s.call("pid")
    s.call("pid")
    await_calls(path, 2)
    s.stop()


class Spoken(Server):
    """Its standard output is a pipe."""

    def launch(self, args, stderr):
        self.out, out = os.pipe()
        with contextlib.closing(os.fdopen(out, "wb")):
            return subprocess.Popen(args, stderr=stderr, stdout=out,
                                    stdin=subprocess.DEVNULL)


def read_pipe(fd):
    os.set_blocking(fd, False)
    found = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            piece = os.read(fd, 1 << 20)
            if not piece:
                break
            found += piece
    return found.decode()


def pipe_that_nobody_reads():
    """holds up nobody; what did not fit is told"""
    s = Spoken([built("thriftfork"), "run", "-o", "access-log=-", "-o",
                "access-log-format=json", built(".libs/testbed.so")],
               workers=2)
    fcntl.fcntl(s.out, fcntl.F_SETPIPE_SZ, 8192)
    peers = [Peer(s) for _ in range(4)]
    for _ in range(200):
        for peer in peers:
            peer.send("pid")
        for peer in peers:
            assert peer.reply()
    s.await_log("lines of the access log are lost: Resource temporarily")
    log = read_pipe(s.out)
    for _ in range(3):              # each worker says what it could not
        for peer in peers:
            assert peer.pid() is not None
    until(lambda: s.status()["in_flight"] == 0, "all is done")
    lost = s.status()["counters"]["access_lines_lost"]
    n = ended(s)
    assert s.stop() == 0
    log += read_pipe(s.out)
    seen = [parse_json(line) for line in log.splitlines()]
    notices = [line["lost"] for line in seen if "lost" in line]
    assert lost > 100 and sum(notices) == lost, (notices, lost)
    assert len(seen) - len(notices) + lost == n, (len(seen), notices, n)


def full_disk():
    """and there is room again"""
    if os.geteuid() != 0:
        raise Skip("needs root to mount one")
    d = tempdir()
    script = ("mount -t tmpfs -o size=64k tmpfs %s || exit 77; "
              "head -c 32768 /dev/zero >%s/other; exec \"$@\"" % (d, d))
    probe = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", "true"],
                           capture_output=True, timeout=30)
    if probe.returncode != 0:
        raise Skip("cannot mount one")
    s = Server(["unshare", "-m", "sh", "-c", script, "sh",
                built("thriftfork"), "run", "-o", "access-log=" + d +
                "/access", "-o", "access-log-format=json",
                built(".libs/testbed.so")], workers=2)
    inside = "/proc/%d/root%s" % (s.pid, d)
    peers = [Peer(s) for _ in range(4)]

    def some_calls(n):
        for _ in range(n):
            for peer in peers:
                peer.send("pid").send("what is this, that it is so long?")
            for peer in peers:
                assert peer.reply() and peer.reply()

    some_calls(50)
    s.await_log("lines of the access log are lost: No space left on device")
    assert len(s.workers()) == 2
    lost = s.status()["counters"]["access_lines_lost"]
    assert lost > 0
    size = os.path.getsize(inside + "/access")
    some_calls(1)
    assert os.path.getsize(inside + "/access") == size
    assert read(inside + "/access").endswith("}\n")
    os.unlink(inside + "/other")
    some_calls(3)
    until(lambda: s.status()["in_flight"] == 0, "all is done")
    lost = s.status()["counters"]["access_lines_lost"]
    n = ended(s)
    seen = lines(inside + "/access")
    assert s.stop() == 0
    notices = [line["lost"] for line in seen if "lost" in line]
    assert sum(notices) == lost, (notices, lost)
    assert len(seen) - len(notices) + lost == n, (len(seen), notices, n)


main([every_outcome, every_way_in, sizes_and_times_are_true,
      of_a_thread_that_is_not_free, who_dies_is_in_the_obituary, sampled,
      slow_ones_always, errors_always, rotation_loses_no_line, upgrade,
      logrotate, who_may_not_open_the_file_is_handed_it,
      reopening_fails_and_the_old_file_stays, a_reload_may_change_all,
      who_leaves_keeps_his, no_place, of_a_daemon, pipe_that_nobody_reads,
      full_disk])
