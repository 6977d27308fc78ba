#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The dialects once more, with a server that answers every call later, by a
token from another thread, and with one that runs every method on a thread:
whatever a client of another make speaks, it does not notice."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, Skip, built, main

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ("t4000-python-dialects.py", "t4050-http.py", "t4100-pairs.py")
LATER = {"TF_ECHO": "later"}
THREADS = {"TF_SERVER_OPTIONS": "-o threads=4 -o threaded=yes"}


def mode():
    """the server knows that it is meant"""
    os.environ.update(LATER)
    s = Server([built("thriftfork"), "run", built(".libs/echo.so")], workers=1)
    assert "every call will be answered later" in s.log
    assert s.stop() == 0
    del os.environ["TF_ECHO"]


def run(script, env):
    """The script's cases; all of them passed, or none could run."""
    done = subprocess.run([os.path.join(HERE, script)], timeout=600,
                          env=dict(os.environ, **env), text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    lines = done.stdout.splitlines()
    good = [line for line in lines if line.startswith("ok ")]
    skipped = [line for line in good if "# SKIP" in line]
    assert done.returncode == 0, "\n".join(
        line for line in lines if not line.startswith("ok ")) + done.stderr
    if good and len(skipped) == len(good):
        raise Skip(skipped[0].split("# SKIP ")[1])
    print("# %s: %d cases, %d of them skipped" % (script, len(good),
                                                  len(skipped)), flush=True)


def case(script, name, env):
    def each():
        run(script, env)
    each.__name__ = name
    each.__doc__ = script
    return each


main([mode] + [case(script, name, env)
               for name, env in (("later", LATER), ("threads", THREADS))
               for script in SCRIPTS])
