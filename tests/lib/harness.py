# SPDX-License-Identifier: Apache-2.0
"""What system tests share: cases reported as TAP, a server under test, and
waiting for events (never for time to pass)."""

import atexit
import contextlib
import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

BUILD = os.environ.get("TF_BUILD", os.getcwd())
SOURCE = os.environ.get("TF_SOURCE", os.path.join(os.path.dirname(__file__),
                                                  "..", ".."))
DEADLINE = 30.0                 # seconds until anything awaited is a failure


class Skip(Exception):
    """Raised by a case that cannot run here; its text says why."""


def built(name):
    return os.path.join(BUILD, name)


def released(*names):
    """A file of the optimized build, which must have it, if there is one."""
    release = os.environ.get("TF_RELEASE")
    if not release:
        raise Skip("TF_RELEASE, an optimized build, is not set: what a "
                   "sanitizer executes and takes means nothing")
    path = os.path.join(release, *names)
    assert os.path.exists(path), path + " has not been built"
    return path


def source(name):
    return os.path.join(SOURCE, name)


def main(cases):
    """Runs the functions in order; each is one TAP case."""
    print("1..%d" % len(cases), flush=True)
    bad = 0
    for number, case in enumerate(cases, 1):
        name = case.__name__ + (": " + case.__doc__ if case.__doc__ else "")
        try:
            case()
            for server in Server.all:
                log = server.drain_log()
                assert not ILL.search(log), log
            print("ok %d %s" % (number, name), flush=True)
        except Skip as why:
            print("ok %d %s # SKIP %s" % (number, name, why), flush=True)
        except BaseException:
            bad += 1
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print("not ok %d %s" % (number, name), flush=True)
    sys.exit(1 if bad else 0)


def tempdir():
    path = tempfile.mkdtemp(prefix="tf-test-")
    atexit.register(shutil.rmtree, path, True)
    return path


def until(condition, what):
    """Polls a condition that no descriptor announces."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "waited in vain: " + what
        select.select([], [], [], 0.01)


def gone(pid):
    """Whether a process has ended (a zombie has)."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def python_client(thrift_file):
    """Generates python code with Debian's compiler; the directory of it."""
    if shutil.which("thrift") is None:
        raise Skip("no thrift compiler (package thrift-compiler)")
    out = tempdir()
    subprocess.run(["thrift", "--gen", "py", "-out", out, thrift_file],
                   check=True, stdout=subprocess.DEVNULL)
    return out


def read_all(s):
    """What comes by a socket until its end."""
    data = b""
    while True:
        piece = s.recv(1 << 20)
        if not piece:
            return data
        data += piece


def instance_dir():
    """Where instances have their sockets: thriftfork(1), FILES."""
    if os.geteuid() == 0:
        return "/run/thriftfork"
    if os.environ.get("XDG_RUNTIME_DIR", "").startswith("/"):
        return os.environ["XDG_RUNTIME_DIR"] + "/thriftfork"
    return "/tmp/thriftfork-%d" % os.geteuid()


# What a sanitizer says, and the status of a child that leaked.
ILL = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|"
                 r"ThreadSanitizer|exited with (23|66)|\bbug: ")


def put_away(process, name):
    """Whatever a test left: the process, and a killed master's files."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for suffix in (".sock", ".lock"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(instance_dir(), name + suffix))


class Server:
    """A server under test, listening on a port that the kernel chose."""

    count = 0
    all = []

    def __init__(self, command, *options, workers=2, listen="127.0.0.1:0"):
        Server.count += 1
        Server.all.append(self)
        self.name = "test-%d-%d" % (os.getpid(), Server.count)
        self.log = ""
        self.read_fd, write_fd = os.pipe()
        if isinstance(command, str):
            command = [command]
        args = list(command[:-1]) if command[-1].endswith(".so") \
            else list(command)
        args += ["-n", self.name]
        if listen is not None:          # or the configuration does
            args += ["-l", listen]
        if workers is not None:         # or the configuration says it
            args += ["-w", str(workers)]
        args += shlex.split(os.environ.get("TF_SERVER_OPTIONS", ""))
        args += list(options)
        if command[-1].endswith(".so"):
            args.append(command[-1])
        self.process = self.launch(args, write_fd)
        os.close(write_fd)
        atexit.register(self.kill)
        self.pid = self.process.pid
        match = self.await_log(r"listening on ([^\s\"]+)")
        self.address = match.group(1)
        self.port = None
        if not self.address.startswith("unix:"):
            self.port = int(self.address.rsplit(":", 1)[1])
        for _ in range(1 if workers is None else workers):
            self.await_log(r"worker \d+ pid \d+ serves")

    def launch(self, args, stderr):
        return subprocess.Popen(args, stderr=stderr,
                                stdin=subprocess.DEVNULL)

    def await_log(self, pattern, seconds=DEADLINE):
        """The next line that matches, after those that were awaited before."""
        end = time.monotonic() + seconds
        self.seen = getattr(self, "seen", 0)
        while True:
            match = re.compile(pattern).search(self.log, self.seen)
            if match and "\n" in self.log[match.end():]:
                self.seen = match.end()
                return match
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.read_fd], [], [],
                                               left)[0]
            data = os.read(self.read_fd, 65536) if ready else b""
            assert data, "no line '%s' in:\n%s" % (pattern, self.log)
            self.log += data.decode(errors="replace")

    def drain_log(self):
        """Reads what is there; after wait() that is everything.  Not what
        comes meanwhile: there may be no end of it."""
        if select.select([self.read_fd], [], [], 0)[0]:
            data = os.read(self.read_fd, 1 << 20)       # all that a pipe holds
            self.log += data.decode(errors="replace")
        return self.log

    def answer(self, data, piece=None):
        """To data alone on a connection, sent in pieces of that size."""
        with socket.create_connection(("127.0.0.1", self.port),
                                      DEADLINE) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(data), piece or len(data)):
                s.sendall(data[i:i + (piece or len(data))])
            s.shutdown(socket.SHUT_WR)
            return read_all(s)

    def status(self):
        out = subprocess.run([built("thriftfork"), "status", "--json", "-n",
                              self.name], check=True, capture_output=True)
        return json.loads(out.stdout)

    def workers(self):
        """slot -> pid of the workers that serve."""
        return {s["slot"]: s["pid"] for s in self.status()["slots"]
                if s["state"] == "ready"}

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds=DEADLINE):
        return self.process.wait(seconds)

    def stop(self):
        """A graceful stop; the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        put_away(self.process, self.name)


class Load:
    """The load client, running until stop() or the end of its work."""

    def __init__(self, address, *options):
        self.progress, progress = os.pipe()
        control, self.control = os.pipe()
        self.process = subprocess.Popen(
            [built("load"), "--json", "--connect", address,
             "--progress-fd", str(progress), "--control-fd", str(control)] +
            [str(o) for o in options], stdout=subprocess.PIPE,
            pass_fds=(progress, control))
        os.close(progress)
        os.close(control)
        atexit.register(self.process.kill)

    def ready(self):
        """Returns when every connection has had its first reply."""
        assert select.select([self.progress], [], [], DEADLINE)[0]
        assert os.read(self.progress, 64).startswith(b"ready")

    def stop(self):
        os.write(self.control, b"stop\n")
        return self.report()

    def report(self):
        out = self.process.communicate(timeout=60)[0]
        return json.loads(out)
