#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The module's copy: whatever becomes of the file, workers run the code that
the server was started with; and errors name the file."""

import fcntl
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from daemon import CALC, TESTBED, Daemon, descriptors, launcher, read, \
    refused, written
from harness import Skip, main, tempdir

ECHO = ("echo", b"\x18\x05hello\0")


def a_copy():
    """Of the module, in a directory of its own."""
    path = os.path.join(tempdir(), "bed.so")
    shutil.copy(TESTBED, path)
    os.chmod(os.path.dirname(path), 0o755)
    return path


def respawn(s):
    """The worker is killed; returns its successor when that serves."""
    old = s.workers()[-1]
    served = s.log().count(" serves")
    os.kill(old, signal.SIGKILL)
    return s.workers(served + 1)[-1]


def overwritten():
    """in place, as cp does, with half of the file"""
    path = a_copy()
    s = Daemon(module=path)
    half = read_bytes(path)[:20000]
    with open(path, "r+b") as f:
        f.write(b"\0" * len(half))
        f.truncate(len(half))
    assert b"hello" in s.call(*ECHO)
    respawn(s)
    assert b"hello" in s.call(*ECHO)
    refused(1, path, "run", "-t", path)
    s.stop()


def read_bytes(path):
    with open(path, "rb") as f:
        return f.read()


def removed():
    path = a_copy()
    more = ["-o", "user=nobody"] if os.geteuid() == 0 else []
    s = Daemon(*more, module=path)
    os.unlink(path)
    respawn(s)
    assert b"hello" in s.call(*ECHO)
    s.stop()


def unreadable_for_workers():
    """the master reads it for them"""
    if os.geteuid() != 0:
        raise Skip("needs root")
    path = a_copy()
    os.chmod(path, 0o600)
    s = Daemon("-o", "user=nobody", module=path)
    assert b"hello" in s.call(*ECHO)
    s.stop()
    refused(1, path + ": cannot open shared object file: Permission denied",
            "run", "-t", "-o", "user=nobody", "-o", "module-copy=no", path)


def what_is_mapped():
    path = a_copy()
    s = Daemon(module=path)
    maps = read("/proc/%d/maps" % s.workers()[0])
    assert "/memfd:bed.so" in maps and path not in maps, maps
    # The copy needs no descriptor once it is loaded; the master loads none.
    assert "bed.so" not in str(descriptors(s.workers()[0]).values())
    assert "bed.so" not in read("/proc/%d/maps" % s.pid)
    s.stop()
    s = Daemon("-o", "module-copy=no", module=path)
    maps = read("/proc/%d/maps" % s.workers()[0])
    assert path in maps and "/memfd:bed.so" not in maps, maps
    respawn(s)
    assert b"hello" in s.call(*ECHO)
    s.stop()


def sealed():
    s = Daemon()
    number, = [n for n, f in descriptors(s.pid).items()
               if f.startswith("/memfd:testbed.so")]
    where = "/proc/%d/fd/%d" % (s.pid, number)
    fd = os.open(where, os.O_RDONLY)
    F_GET_SEALS, WANTED = 1034, 0x1 | 0x2 | 0x4 | 0x8
    assert fcntl.fcntl(fd, F_GET_SEALS) & WANTED == WANTED
    assert os.pread(fd, 1 << 24, 0) == read_bytes(TESTBED)
    os.close(fd)
    if os.geteuid() == 0:
        fd = os.open(where, os.O_RDWR)
        try:
            os.pwrite(fd, b"x", 0)
            raise AssertionError("the copy can be written")
        except PermissionError:
            pass
        os.close(fd)
    s.stop()


def errors_name_the_file():
    d = tempdir()
    cut = os.path.join(d, "cut.so")
    with open(cut, "wb") as f:
        f.write(read_bytes(TESTBED)[:5000])
    text = written(d, "text.so", "no shared object\n" * 100)
    empty = written(d, "empty.so", "")
    for copy in "yes", "no":
        for path, words in [(text, text + ": invalid ELF header"),
                            (empty, empty + ": file too short"),
                            (d + "/no.so", d + "/no.so: No such file")]:
            said = refused(1, "thriftfork run: " + words, "run", "-o",
                           "module-copy=" + copy, "-l", ":0", path)
            assert "/proc/" not in said and "memfd" not in said, said
            assert said.count("\n") == 1, said
    refused(1, cut + ": its end is missing", "run", "-l", ":0", cut)
    refused(1, d + ": Is a directory", "run", "-l", ":0", d)


def obituaries_and_names_are_of_the_file():
    done = launcher("run", "-t", TESTBED)
    assert done.returncode == 0 and "Testbed.echo\n" in done.stdout, done
    s = Daemon()
    respawn(s)
    assert "memfd" not in s.log() and "/proc/" not in s.log(), s.log()
    s.stop()


def linked():
    """a reload follows the link to where it leads by then"""
    d = tempdir()
    old, new = os.path.join(d, "1"), os.path.join(d, "2")
    for path, module in (old, TESTBED), (new, CALC):
        os.mkdir(path)
        shutil.copy(module, os.path.join(path, "it.so"))
    os.symlink(old, os.path.join(d, "current"))
    s = Daemon(module=os.path.join(d, "current", "it.so"))
    assert b"hello" in s.call(*ECHO)
    os.symlink(new, os.path.join(d, "next"))
    os.rename(os.path.join(d, "next"), os.path.join(d, "current"))
    shutil.rmtree(old)
    os.kill(s.pid, signal.SIGHUP)
    s.await_log("generation 2 serves")
    assert b"unknown method" in s.call(*ECHO)
    assert b"ping" in s.call("ping")
    s.stop()


main([overwritten, removed, linked, unreadable_for_workers, what_is_mapped, sealed,
      errors_name_the_file, obituaries_and_names_are_of_the_file])
