#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions that were recorded between strangers: what their client sent is
answered byte for byte as their server did.  The bytes come from TF_CORPUS."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, Skip, built, main


def corpus(name):
    if "TF_CORPUS" not in os.environ:
        raise Skip("TF_CORPUS is not set")
    with open(os.path.join(os.environ["TF_CORPUS"], "streams", name),
              "rb") as f:
        return f.read()


def calculator(protocol, client, port):
    def run():
        sent = corpus("calc-service-%s.%d-%d.c2s.bin" %
                      (protocol, client, port))
        want = corpus("calc-service-%s.%d-%d.s2c.bin" %
                      (protocol, port, client))
        s = Server([built("thriftfork"), "run", built(".libs/recorded.so")],
                   workers=1)
        for piece in (len(sent), 1, 7):
            assert s.answer(sent, piece) == want, piece
        assert s.stop() == 0
    run.__name__ = "calculator, " + protocol
    return run


main([calculator("binary", 51112, 9090), calculator("json", 60589, 9090)])
