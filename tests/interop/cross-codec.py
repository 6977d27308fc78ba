#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Values written by one implementation are read by another: ours, Apache's
C++ library and Apache's python in its two forms, in both directions, compact
and binary.  Three programs build the same extremes from cross.thrift and
compare what they read with what they built; python also makes random values.
No uuid: Apache's 0.17 has none."""

import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Skip, built, main, python_client, source, tempdir

IDL = source("tests/interop/cross.thrift")
PROTOCOLS = ("compact", "binary")
RANDOM_VALUES = 200
SEED = 20

ours = cpp = ttypes = constants = forms = None
codecs = {}                     # (protocol, form) -> a protocol's class


class Refused(Exception):
    """The other program answered with a reason."""


class Filter:
    """A program that answers one line with one line: cross_ours.c."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line.endswith("\n"), "the program has ended: %s" % (words[:4],)
        if line.startswith("!"):
            raise Refused(line[1:-1])
        return line[:-1]

    def build(self, protocol):
        return bytes.fromhex(self.ask("build", protocol))

    def check(self, protocol, data):
        assert self.ask("check", protocol, data.hex()) == "ok"

    def recode(self, kind, a, b, data):
        return bytes.fromhex(self.ask("recode", kind, a, b, data.hex()))

    def end(self):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.stdout.close()
        assert self.process.wait(30) == 0 and rest == "", rest


def refused(call, *args):
    try:
        got = call(*args)
    except Refused as why:
        assert str(why), "refused without a reason"
        return str(why)
    raise AssertionError("accepted: %r" % (got[:80],))


def load_python():
    """Apache's python, generated code and both forms of each protocol."""
    global ttypes, constants, forms
    try:
        from thrift.protocol import TBinaryProtocol, TCompactProtocol
    except ImportError:
        raise Skip("no python3-thrift") from None
    sys.path.insert(0, python_client(IDL))
    import cross.constants
    import cross.ttypes
    import cross_forms as forms
    constants, ttypes = cross.constants, cross.ttypes
    forms.ttypes = ttypes
    codecs["compact", "pure"] = TCompactProtocol.TCompactProtocol
    codecs["binary", "pure"] = TBinaryProtocol.TBinaryProtocol
    codecs["compact", "fast"] = lambda transport: \
        TCompactProtocol.TCompactProtocolAccelerated(transport, fallback=False)
    codecs["binary", "fast"] = lambda transport: \
        TBinaryProtocol.TBinaryProtocolAccelerated(transport, fallback=False)


def load_cpp():
    """Apache's C++, compiled now; not optimised, that takes minutes."""
    global cpp
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None or shutil.which("thrift") is None:
        raise Skip("no C++ compiler, or no thrift compiler")
    out = tempdir()
    program = os.path.join(out, "cross_cpp")
    probe = subprocess.run([compiler, "-E", "-x", "c++", "-"], text=True,
                           input="#include <thrift/Thrift.h>\n",
                           capture_output=True)
    if probe.returncode != 0:
        raise Skip("no libthrift-dev")
    subprocess.run(["thrift", "--gen", "cpp:no_ostream_operators", "-out", out,
                    IDL], check=True, stdout=subprocess.DEVNULL)
    objects = []
    compilers = []
    for unit in (source("tests/interop/cross_cpp.cc"),
                 os.path.join(out, "cross_types.cpp"),
                 os.path.join(out, "cross_constants.cpp")):
        objects.append(os.path.join(out, "%d.o" % len(objects)))
        compilers.append(subprocess.Popen(
            [compiler, "-std=c++17", "-O0", "-w", "-I", out, "-c", unit, "-o",
             objects[-1]]))
    status = [process.wait() for process in compilers]
    assert status == [0, 0, 0], status
    subprocess.run([compiler, "-o", program, *objects, "-lthrift"], check=True)
    cpp = Filter(program)


def needs(thing, what):
    if not thing:
        raise Skip("no " + what)


# ---- python's side of the extremes

DOUBLE_BITS = [
    0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000001,
    0xfff8000000000000, 0x8000000000000000, 0x0000000000000001,
    0x8000000000000001, 0x000fffffffffffff, 0x0010000000000000,
    0x7fefffffffffffff, 0x3ff0000000000001, 0x0102030405060708]
CODE_POINTS = [
    0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000,
    0x1f600] + [plane << 16 | 0x41 for plane in range(2, 17)] + [0x10ffff]


def build():
    value = constants.EXTREMES
    if len(value.lists.smalls) > 100:
        return value            # all of this has been added
    value.doubles.values += map(forms.from_bits, DOUBLE_BITS)
    value.doubles.one = -0.0
    letters = "abcdefghijklmnopqrstuvwxyz"
    data = bytes(i * 7 & 0xff for i in range(70000))
    value.texts.texts += ["a\0b", "\0", "".join(map(chr, CODE_POINTS)),
                          (letters * 2693)[:70000]]
    value.texts.blobs += [b"\0", b"\xff\xfe\x80", data[:256], data]
    value.texts.text = "end\0"
    value.texts.blob = b"\x80\0\x80"
    value.lists.colors.append(77)
    value.lists.smalls += [i * 200 - 30000 for i in range(300)]
    return value


def encode(codec, value):
    from thrift.transport.TTransport import TMemoryBuffer
    memory = TMemoryBuffer()
    value.write(codecs[codec](memory))
    return memory.getvalue()


def decode(codec, kind, data):
    from thrift.transport.TTransport import TMemoryBuffer
    memory = TMemoryBuffer(data)
    cls = getattr(ttypes, kind)
    value = cls()
    value.read(codecs[codec](memory))
    assert memory.read(1) == b"", "bytes were left"
    return value


# ---- the cases

def start():
    """our program builds the extremes"""
    global ours
    ours = Filter(built("cross_ours"))
    for protocol in PROTOCOLS:
        ours.check(protocol, ours.build(protocol))


def start_python():
    """Apache's python, generated from cross.thrift"""
    load_python()


def start_cpp():
    """Apache's C++, generated from cross.thrift"""
    load_cpp()


def python_to_ours():
    """what python wrote is what we expect"""
    needs(codecs, "python3-thrift")
    for codec in codecs:
        ours.check(codec[0], encode(codec, build()))


def ours_to_python():
    """what we wrote is what python expects"""
    needs(codecs, "python3-thrift")
    want = forms.form(build())
    for codec in codecs:
        got = decode(codec, "All", ours.build(codec[0]))
        forms.same(forms.form(got), want)


def order_is_kept():
    """what python wrote comes back in the same bytes, by every way"""
    needs(codecs, "python3-thrift")
    data = {p: encode((p, "pure"), build()) for p in PROTOCOLS}
    for a in PROTOCOLS:
        for b in PROTOCOLS:
            assert ours.recode("All", a, b, data[a]) == data[b], (a, b)


def cpp_to_ours():
    """what C++ wrote is what we expect"""
    needs(cpp, "C++ of Apache's")
    for protocol in PROTOCOLS:
        ours.check(protocol, cpp.build(protocol))


def ours_to_cpp():
    """what we wrote is what C++ expects"""
    needs(cpp, "C++ of Apache's")
    for protocol in PROTOCOLS:
        cpp.check(protocol, ours.build(protocol))


def there_and_back():
    """ours to theirs to ours, with a change of protocol"""
    needs(cpp, "C++ of Apache's")
    for a in PROTOCOLS:
        for b in PROTOCOLS:
            ours.check(b, cpp.recode("All", a, b, ours.build(a)))
            data = ours.recode("All", a, b, cpp.build(a))
            cpp.check(b, data)
            ours.check(a, cpp.recode("All", b, a, data))


def json_both_ways():
    """our JSON of the extremes says what python says, and reads python's"""
    needs(codecs, "python3-thrift")
    from thrift.Thrift import TType
    want = forms.form(build(), forms.plain_double)
    text = ours.recode("All", "compact", "json", ours.build("compact"))
    forms.same(forms.json_form("All", text), want)
    for ascii_only in (True, False):
        text = json.dumps(forms.to_json(TType.STRUCT, [ttypes.All, None],
                                        build()),
                          ensure_ascii=ascii_only, indent=1)
        data = ours.recode("All", "json", "binary", text.encode())
        got = decode(("binary", "fast"), "All", data)
        forms.same(forms.form(got, forms.plain_double), want)


def extremes_for_tjson():
    """The extremes as binary, but for what TJSONProtocol loses in C++ (NUL) or
    everywhere (which of the NaNs it is)."""
    text = ours.recode("All", "compact", "json", ours.build("compact"))
    text = text.replace(b"\\u0000", b"\\u0001\\u0002").replace(
        b'"NaN"', b'"1.25"')
    return ours.recode("All", "json", "binary", text)


def same_as(data, other):
    """Two values in binary are the same, but for the order of sets and maps."""
    forms.same(*(forms.json_form("All", ours.recode("All", "binary", "json", x))
                 for x in (data, other)))


def tjson_and_cpp():
    """TJSONProtocol as C++ writes and reads it, struct keys and all"""
    needs(cpp, "C++ of Apache's")
    needs(codecs, "python3-thrift")
    data = extremes_for_tjson()
    text = ours.recode("All", "binary", "tjson", data)
    same_as(cpp.recode("All", "tjson", "binary", text), data)
    text = cpp.recode("All", "binary", "tjson", data)
    same_as(ours.recode("All", "tjson", "binary", text), data)


def tjson_and_python():
    """TJSONProtocol as python writes and reads it"""
    needs(codecs, "python3-thrift")
    from thrift.protocol.TJSONProtocol import TJSONProtocol
    codecs["tjson", "pure"] = TJSONProtocol
    try:
        data = extremes_for_tjson()
        value = decode(("binary", "pure"), "All", data)
        text = encode(("tjson", "pure"), value)
        same_as(ours.recode("All", "tjson", "binary", text), data)
        got = decode(("tjson", "pure"), "All",
                     ours.recode("All", "binary", "tjson", data))
        forms.same(forms.form(got), forms.form(value))
    finally:
        del codecs["tjson", "pure"]


def random_value(seed):
    from thrift.Thrift import TType
    value = forms.Random(seed).value(TType.STRUCT, [ttypes.All, None])
    value.strict = forms.Random(seed + 1).structure(ttypes.Strict, 1)
    return value


def one_random(seed, protocol):
    """Through every codec that we have, and through JSON."""
    from thrift.Thrift import TType
    value = random_value(seed)
    want = forms.form(value)
    other = "binary" if protocol == "compact" else "compact"
    pure = encode((protocol, "pure"), value)
    back = ours.recode("All", protocol, other, pure)
    forms.same(forms.form(decode((other, "pure"), "All", back)), want)
    forms.same(forms.form(decode((other, "fast"), "All", back)), want)
    fast = encode((other, "fast"), value)
    assert back == fast, "the same value in other bytes"
    back = ours.recode("All", other, "json", fast)
    forms.same(forms.json_form("All", back),
               forms.form(value, forms.plain_double))
    back = ours.recode("All", "json", protocol, back)
    assert back == pure, "JSON and back: other bytes"
    text = json.dumps(forms.to_json(TType.STRUCT, [ttypes.All, None], value))
    assert ours.recode("All", "json", protocol, text.encode()) == pure
    if cpp:
        back = cpp.recode("All", protocol, other, pure)
        back = ours.recode("All", other, protocol, back)
        forms.same(forms.form(decode((protocol, "fast"), "All", back)), want)


def random_values():
    """random values come back from us, from C++ and from JSON"""
    needs(codecs, "python3-thrift")
    for i in range(RANDOM_VALUES):
        try:
            one_random(SEED + i, PROTOCOLS[i % 2])
        except BaseException:
            print("# seed %d, %s first" % (SEED + i, PROTOCOLS[i % 2]))
            raise


def sparse_fields():
    """any one or two of sixteen optional fields, and no other"""
    needs(codecs, "python3-thrift")
    members = sorted(vars(build().present).items())
    assert len(members) == 16
    for i, (name, member) in enumerate(members):
        for other, another in members[i:]:
            value = ttypes.Optionals(**{name: member, other: another})
            data = {p: encode((p, "pure"), value) for p in PROTOCOLS}
            for a, b in (PROTOCOLS, PROTOCOLS[::-1]):
                got = ours.recode("Optionals", a, b, data[a])
                assert got == data[b], (name, other, a, got, data[b])


def older_reader():
    """fields that a reader does not know, or knows otherwise, are skipped"""
    needs(codecs, "python3-thrift")
    for protocol in PROTOCOLS:
        data = encode((protocol, "pure"), build())
        back = ours.recode("Old", protocol, protocol, data)
        old = decode((protocol, "pure"), "Old", back)
        assert (old.lists, old.trailer, old.absent) == (0, "end", 0), old
        if cpp:
            assert cpp.recode("Old", protocol, protocol, data) == back
        for scalars in build().scalars:
            data = encode((protocol, "pure"), scalars)
            back = ours.recode("OldScalars", protocol, protocol, data)
            old = decode((protocol, "pure"), "OldScalars", back)
            assert old.last is scalars.last, (old, scalars)
            rest = [m for n, m in vars(old).items() if n != "last"]
            assert rest == [0, 0, 0, 0, 0, 0, [], ttypes.Nothing(),
                            False], rest
            if cpp:
                assert cpp.recode("OldScalars", protocol, protocol,
                                  data) == back


def wide_varints():
    """compact integers too wide for their type mean what C++ takes them for"""
    needs(cpp, "C++ of Apache's")
    for varint in ("9effff9d7d", "ffffffff7f", "8080808010", "8080808008",
                   "ffffffffffffffffff01", "80808080808080808001",
                   "ffffffffffffffffff7f", "818080808080808000", "8000"):
        for head in ("34", "45", "56", "95"):   # small, medium, large, color
            data = bytes.fromhex(head + varint + "00")
            assert ours.recode("Scalars", "compact", "binary", data) == \
                cpp.recode("Scalars", "compact", "binary", data), data.hex()
    for program in (ours, cpp):
        refused(program.recode, "Scalars", "compact", "binary",
                bytes.fromhex("45" + "80" * 10 + "0000"))


def missing_fields():
    """a message without a required field is refused, by C++ too"""
    needs(codecs, "python3-thrift")
    whole = vars(build().strict)
    for protocol in PROTOCOLS:
        data = encode((protocol, "fast"), ttypes.Lax(**whole))
        assert ours.recode("Strict", protocol, protocol, data) == data
        for name in whole:
            data = encode((protocol, "fast"),
                          ttypes.Lax(**{**whole, name: None}))
            why = refused(ours.recode, "Strict", protocol, protocol, data)
            assert re.search(r"\b%s\b" % name, why), (name, why)
            assert ours.recode("Lax", protocol, protocol, data) == data
            if cpp:
                refused(cpp.recode, "Strict", protocol, protocol, data)


def unions():
    """a union with two members is refused; without one it is read only"""
    needs(codecs, "python3-thrift")
    for protocol in PROTOCOLS:
        two = ttypes.Choice(tiny=1, nothing=ttypes.Nothing())
        data = encode((protocol, "pure"), two)
        refused(ours.recode, "Choice", protocol, protocol, data)
        none = encode((protocol, "pure"), ttypes.Choice())
        assert none == b"\0"
        refused(ours.recode, "Choice", protocol, protocol, none)
        # A field of a later version: as good as none.
        later = {"compact": b"\x05\xd0\x0f\x02\0",
                 "binary": b"\x08\x03\xe8\0\0\0\1\0"}[protocol]
        refused(ours.recode, "Choice", protocol, protocol, later)


def end():
    """all programs end well, under sanitizers too"""
    for program in (ours, cpp):
        if program:
            program.end()


main([start, start_python, start_cpp, python_to_ours, ours_to_python,
      order_is_kept, cpp_to_ours, ours_to_cpp, there_and_back, json_both_ways,
      tjson_and_cpp, tjson_and_python,
      random_values, sparse_fields, older_reader, wide_varints,
      missing_fields, unions, end])
