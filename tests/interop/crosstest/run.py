#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: run.py THRIFT PEER[,PEER]... [REGEX]

Our TestServer and TestClient, from the current directory or TF_BUILD, in
Apache's own cross-language runner, against those of other languages, which must
have been built in the checkout THRIFT; then a line for each pair and protocol.
REGEX is of names such as thriftfork-cpp_binary_framed-ip (server, client).
A failure that the checkout lists of the same peer with others is marked so."""

import collections
import json
import os
import re
import sys

BUILD = os.environ.get("TF_BUILD", os.getcwd())
US = "thriftfork"


def entries(test_dir):
    with open(os.path.join(test_dir, "tests.json")) as f:
        theirs = json.load(f)
    with open(os.path.join(os.path.dirname(__file__), "tests.json")) as f:
        ours = json.load(f)
    for entry in ours:
        entry["workdir"] = BUILD
    return theirs + ours


def collect(crossrunner, test_dir, peers, regex):
    """Collecting spends the entries, so each direction has its own."""
    tests = (crossrunner.collect_cross_tests(entries(test_dir), [US], peers,
                                             None) +
             crossrunner.collect_cross_tests(entries(test_dir), peers, [US],
                                             None))
    return [t for t in tests if re.search(regex, crossrunner.test_name(**t))]


def known_with_others(known, server, client, what):
    """The pairs of the same peer for which the checkout knows this failure."""
    pairs = [name[:-len(what) - 1] for name in known
             if name.endswith("_" + what)]
    return [pair for pair in pairs if (pair.endswith("-" + client)
            if server == US else pair.startswith(server + "-"))]


def table(test_dir, known):
    with open(os.path.join(test_dir, "results.json")) as f:
        results = json.load(f)["results"]
    rows = collections.defaultdict(list)
    failed = 0
    for server, client, protocol, transport, kind, ok, _, code, _ in results:
        cell = "%s-%s:%s" % (transport, kind, "ok" if ok else code)
        if not ok:
            failed += 1
            like = known_with_others(known, server, client, "%s_%s-%s" % (
                protocol, transport, kind))
            if like:
                cell += "(known: %s)" % ",".join(like)
        rows[server, client, protocol].append(cell)
    for (server, client, protocol), cells in sorted(rows.items()):
        print("%-12s %-12s %-14s %s" % (server, client, protocol,
                                        " ".join(sorted(cells))))
    print("%d of %d failed" % (failed, len(results)))
    return failed


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    root = os.path.abspath(sys.argv[1])
    test_dir = os.path.join(root, "test")
    sys.path.insert(0, test_dir)
    import crossrunner
    runner = crossrunner.TestDispatcher(test_dir, root, "test", 1)
    for test in collect(crossrunner, test_dir, sys.argv[2].split(","),
                        sys.argv[3] if len(sys.argv) == 4 else ""):
        runner.dispatch(test, 0)
    runner.wait()
    sys.exit(1 if table(test_dir, crossrunner.load_known_failures(test_dir))
             else 0)


if __name__ == "__main__":
    main()
