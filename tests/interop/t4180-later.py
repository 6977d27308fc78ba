#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The dialects once more, with a server that answers every call later, from
another thread: whatever a client of another make speaks, it does not notice."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, Skip, built, main

HERE = os.path.dirname(os.path.abspath(__file__))


os.environ["TF_ECHO"] = "later"


def mode():
    """the server knows that it is meant"""
    s = Server([built("thriftfork"), "run", built(".libs/echo.so")], workers=1)
    assert "every call will be answered later" in s.log
    assert s.stop() == 0


def run(script):
    """The script's cases; all of them passed, or none could run."""
    done = subprocess.run([os.path.join(HERE, script)], timeout=600,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and not any(
        line.startswith("not ok") for line in lines), done.stdout + done.stderr
    skipped = [line for line in lines if "# SKIP" in line]
    if len(skipped) == sum(line.startswith("ok ") for line in lines):
        raise Skip(skipped[0].split("# SKIP ")[1])


def python():
    """compact, binary, JSON, framed or not, THeader, multiplexed"""
    run("t4000-python-dialects.py")


def http():
    """over HTTP"""
    run("t4050-http.py")


def cpp():
    """Apache's C++ library"""
    run("t4100-cpp-dialects.py")


def layers():
    """over TLS and in zlib streams"""
    run("t4170-tls-zlib.py")


main([mode, python, http, cpp, layers])
