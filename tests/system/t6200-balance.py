#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Connections are spread evenly soon after they were made, and no call fails
for it."""

import os
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from bed import Bed, Peer, loads, nothing_felt
from harness import Load, main

RUNS = int(os.environ.get("TF_BALANCE_RUNS", "3"))


def fullest_within(s, number, most, seconds):
    """Of the workers, when all the connections are there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        n = loads(s)
        if sum(n) == number and n[-1] <= most:
            return
        # Only the counters tell, and no descriptor announces them.
        select.select([], [], [], 0.05)
    raise AssertionError(loads(s))


def spread(number, most, *options):
    for _ in range(RUNS):
        s = Bed(workers=8)
        load = Load(s.address, "-c", number, "-t", 60, *options)
        load.ready()
        fullest_within(s, number, most, 2)
        nothing_felt(load.stop(), number)
        assert s.stop() == 0


def sixteen_over_eight():
    """the fullest has 3 at most, within 2 s"""
    spread(16, 3)


def sixty_four_over_eight():
    """the fullest has 10 at most, within 2 s"""
    spread(64, 10, "-d", 8)


def after_scaling_up():
    """newcomers get their share of the idle ones"""
    s = Bed(workers=1)
    peers = [Peer(s) for _ in range(32)]
    for p in peers:
        p.pid()
    s.succeeds("scale", "8")
    fullest_within(s, 32, 5, 2)
    assert len({p.pid() for p in peers}) == 8
    assert s.stop() == 0


main([sixteen_over_eight, sixty_four_over_eight, after_scaling_up])
