#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The service of tests/bench/run by python3-thrift's TThreadPoolServer, compact
and framed; sys.argv[1] is where the generated code is."""

import sys
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
sys.path.insert(0, sys.argv[1])
from race import Race
from thrift.protocol import TCompactProtocol
from thrift.server import TServer
from thrift.transport import TSocket, TTransport

THREADS = 32                    # one for each connection, or it would wait


class Handler:
    def ping(self):
        pass

    def nap(self, ms):
        time.sleep(ms / 1000)

    def echo(self, v):
        return v

    echo_text = echo_item = echo_batch = echo


class Socket(TSocket.TServerSocket):
    def listen(self):
        super().listen()
        print(self.handle.getsockname()[1], flush=True)


server = TServer.TThreadPoolServer(
    Race.Processor(Handler()), Socket("127.0.0.1", 0),
    TTransport.TFramedTransportFactory(),
    TCompactProtocol.TCompactProtocolAcceleratedFactory(fallback=False))
server.setNumThreads(THREADS)
server.serve()
