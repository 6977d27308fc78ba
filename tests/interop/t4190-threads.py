#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The dialects once more, with every method on a thread: replies are written
later and elsewhere, and clients must not see a difference."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Skip, main

OPTIONS = "-o threads=4 -o threaded=yes"


def run(name):
    env = dict(os.environ, TF_SERVER_OPTIONS=OPTIONS)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    done = subprocess.run([sys.executable, path], env=env, text=True,
                          capture_output=True)
    lines = done.stdout.splitlines()
    good = [line for line in lines if line.startswith("ok ")]
    skipped = [line for line in good if "# SKIP" in line]
    if done.returncode == 0 and good and len(skipped) == len(good):
        raise Skip(skipped[0].split("# SKIP ")[1])
    assert done.returncode == 0, "\n".join(
        line for line in lines if not line.startswith("ok ")) + done.stderr
    print("# %s: %d cases, %d of them skipped" % (name, len(good),
                                                  len(skipped)), flush=True)


def python_clients():
    run("t4000-python-dialects.py")


def http():
    run("t4050-http.py")


def cpp_clients():
    run("t4100-cpp-dialects.py")


def tls_and_zlib():
    run("t4170-tls-zlib.py")


main([python_clients, http, cpp_clients, tls_and_zlib])
