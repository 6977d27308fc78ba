#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A client that Debian's thrift compiler generated, over compact and framed,
calls every method of the calculator."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Server, Skip, built, main, python_client, source

server = client = module = None


def start():
    """the generated client connects"""
    global server, client, module
    try:
        from thrift.protocol.TCompactProtocol import TCompactProtocol
        from thrift.transport import TSocket, TTransport
    except ImportError:
        raise Skip("no python3-thrift") from None
    sys.path.insert(0, python_client(
        source("tests/examples/calc/calc.thrift")))
    from calc import Calculator, ttypes
    module = ttypes
    server = Server([built("thriftfork"), "run", built(".libs/calc.so")],
                    workers=1)
    transport = TTransport.TFramedTransport(
        TSocket.TSocket("127.0.0.1", server.port))
    client = Calculator.Client(TCompactProtocol(transport))
    transport.open()


def needs_client():
    if client is None:
        raise Skip("no python3-thrift")


def ping():
    needs_client()
    assert client.ping() is None


def calculate():
    needs_client()
    for op, a, b, want in [("ADD", 2, 3, 5), ("SUB", 2, 3, -1),
                           ("MUL", -4, 5, -20), ("DIV", 7, 2, 3),
                           ("ADD", 2**31 - 2, 1, 2**31 - 1),
                           ("SUB", -2**31 + 1, 1, -2**31)]:
        work = module.Work(num1=a, num2=b, op=getattr(module.Op, op))
        assert client.calculate(1, work, ["a", "b"]) == want, (op, a, b)


def unset_fields_have_their_defaults():
    needs_client()
    work = module.Work(num2=3, op=module.Op.SUB)    # num1 = 0
    assert client.calculate(2, work, []) == -3


def declared_exception():
    needs_client()
    try:
        client.calculate(3, module.Work(1, 0, module.Op.DIV), [])
    except module.InvalidOperation as e:
        assert e.what == module.Op.DIV and e.why == "division by zero", e
    else:
        assert False, "no exception"


def unknown_enum_value_reaches_the_handler():
    needs_client()
    try:
        client.calculate(3, module.Work(1, 1, 77), [])
    except module.InvalidOperation as e:
        assert e.what == 77 and e.why == "unknown operation", e
    else:
        assert False, "no exception"


def list_of_structs():
    needs_client()
    work = module.Work(20, 22, module.Op.ADD, "kept \u00e9\u4e16\U0001f600")
    client.calculate(500, work, ["x"])
    entries = client.history(500)
    assert len(entries) == 1 and entries[0].logid == 500
    assert entries[0].work == work and entries[0].result == 42, entries


def map_result():
    needs_client()
    totals = client.totals()
    assert set(totals) == {"done", "kept"} and totals["done"] >= 8, totals


def oneway():
    needs_client()
    client.forget(500)
    # The next reply must be that of the next call.
    assert client.history(500) == []


def unknown_method_then_the_next_call_works():
    needs_client()
    from thrift.Thrift import TApplicationException
    from calc import Calculator

    class Stranger(Calculator.Client):
        def send_ping(self):
            from thrift.Thrift import TMessageType
            self._oprot.writeMessageBegin("no_such", TMessageType.CALL, 7)
            Calculator.ping_args().write(self._oprot)
            self._oprot.writeMessageEnd()
            self._oprot.trans.flush()

    try:
        Stranger(client._iprot).ping()
    except TApplicationException as e:
        assert e.type == TApplicationException.UNKNOWN_METHOD, e
        assert "no_such" in e.message
    else:
        assert False, "no exception"
    assert client.ping() is None


def end():
    needs_client()
    client._iprot.trans.close()
    assert server.stop() == 0


main([start, ping, calculate, unset_fields_have_their_defaults,
      declared_exception, unknown_enum_value_reaches_the_handler,
      list_of_structs, map_result, oneway,
      unknown_method_then_the_next_call_works, end])
