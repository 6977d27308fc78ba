# SPDX-License-Identifier: Apache-2.0
"""Very many connections on which nothing happens any more."""

import atexit
import resource
import subprocess
import sys

from harness import DEADLINE, Skip

EACH = 10000                    # connections of a process, which has a source
                                # address of its own: ports suffice
RESERVE = 500                   # descriptors that are for something else
HOLDER = """
import resource, socket, struct, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
ping = b"\\0\\0\\0\\x09\\x82\\x21\\x01\\x04ping\\0"
for i in range(count):
    c = socket.socket()
    # Its end is a reset, and leaves no port that cannot be used for a minute.
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.bind(("127.0.0.%s" % sys.argv[3], 0))
    c.connect(("127.0.0.1", port))
    c.sendall(ping)
    held.append(c)
for c in held:
    assert c.recv(1000)
print("held", flush=True)
sys.stdin.read()
"""


def descriptors_for(count, workers=2):
    """Has servers that start from now on take so many connections, also while
    a worker has more than its share."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    share = count if workers == 1 else count * 3 // 2 // workers
    need = share + RESERVE
    if hard != resource.RLIM_INFINITY and hard < need:
        raise Skip("the hard limit of descriptors is %d" % hard)
    if soft != resource.RLIM_INFINITY and soft < need:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Idlers:
    """So many connections, each of which has had an answer."""

    def __init__(self, server, count):
        self.holders = []
        for n in range(-(-count // EACH)):
            self.holders.append(subprocess.Popen(
                [sys.executable, "-c", HOLDER, str(server.port),
                 str(min(EACH, count - n * EACH)), str(2 + n)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            atexit.register(self.holders[-1].kill)
        for h in self.holders:
            assert h.stdout.readline() == b"held\n"

    def close(self):
        for h in self.holders:
            h.communicate(timeout=DEADLINE)
