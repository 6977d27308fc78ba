# SPDX-License-Identifier: Apache-2.0
"""Forms of values for cross-codec.py: one in which values can be compared, the
JSON that people would write, and values by chance.  All of them go by the
thrift_spec of what Apache's compiler wrote, and know nothing of our tables."""

import base64
import functools
import json
import math
import random
import struct

from thrift.Thrift import TFrozenDict, TType

ttypes = None                   # the generated module, set by who imports us


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


# A form of any value that can be compared: typed, doubles by their bits, sets
# and maps sorted.  Built from python objects and from our JSON.

class Number(str):
    """A number of JSON as it was written: "-0" must not become 0."""


def double_bits(value):
    return struct.pack(">d", value).hex()


def plain_double(value):
    """JSON knows one NaN."""
    return "nan" if math.isnan(value) else double_bits(value)


class FromPython:
    """Reads the members of values as Apache's generated code holds them."""

    def __init__(self, double=double_bits):
        self.double = double

    def scalar(self, kind, spec, value, key):
        want = {TType.BOOL: bool, TType.DOUBLE: float,
                TType.STRING: bytes if spec == "BINARY" else str}
        assert type(value) is want.get(kind, int), (kind, value)
        return self.double(value) if kind == TType.DOUBLE else value

    def items(self, value):
        return value

    def pairs(self, value, keys_are_scalars):
        return value.items()

    def fields(self, value):
        return {name: member for name, member in value.__dict__.items()
                if member is not None}


class FromJson:
    """Reads the same from JSON by field name."""

    def scalar(self, kind, spec, value, key):
        if kind == TType.STRING:
            assert type(value) is str, value
            if spec == "BINARY":
                return base64.b64decode(value, validate=True)
            return value.encode("utf-8", "surrogatepass").decode()
        if kind == TType.BOOL:
            assert value in (("true", "false") if key else (True, False))
            return value in (True, "true")
        if kind == TType.DOUBLE:
            named = value in ("NaN", "Infinity", "-Infinity")
            assert named or key or type(value) is Number, value
            return plain_double(float(value))
        if hasattr(ttypes.Color, value):
            assert not isinstance(value, Number)
            return getattr(ttypes.Color, value)
        assert key or type(value) is Number, value
        return int(value)

    def items(self, value):
        assert type(value) is list
        return value

    def pairs(self, value, keys_are_scalars):
        assert type(value) is (dict if keys_are_scalars else list)
        return value.items() if keys_are_scalars else value

    def fields(self, value):
        assert type(value) is dict
        return value


@functools.lru_cache(None)
def specs_of(cls):
    """Name -> what thrift_spec says; there are 32,000 holes in Gaps."""
    return {s[2]: s for s in cls.thrift_spec if s}


def canon(reader, kind, spec, value, key=False):
    if kind == TType.STRUCT:
        members = reader.fields(value)
        specs = specs_of(spec[0])
        assert set(members) <= set(specs), set(members) - set(specs)
        return tuple((name, canon(reader, specs[name][1], specs[name][3],
                                  members[name]))
                     for name in sorted(members))
    if kind in (TType.LIST, TType.SET):
        items = [canon(reader, spec[0], spec[1], item)
                 for item in reader.items(value)]
        return tuple(sorted(items) if kind == TType.SET else items)
    if kind == TType.MAP:
        scalars = spec[0] not in (TType.STRUCT, TType.LIST, TType.SET,
                                  TType.MAP)
        return tuple(sorted(
            (canon(reader, spec[0], spec[1], k, key=scalars),
             canon(reader, spec[2], spec[3], v))
            for k, v in reader.pairs(value, scalars)))
    return reader.scalar(kind, spec, value, key)


def form(value, double=double_bits):
    return canon(FromPython(double), TType.STRUCT, [type(value), None], value)


def json_form(kind, text):
    value = json.loads(text, parse_int=Number, parse_float=Number)
    return canon(FromJson(), TType.STRUCT, [getattr(ttypes, kind), None],
                 value)


def to_json(kind, spec, value):
    """The JSON that people would write for a value."""
    if kind == TType.STRUCT:
        return {s[2]: to_json(s[1], s[3], getattr(value, s[2]))
                for s in specs_of(spec[0]).values()
                if getattr(value, s[2]) is not None}
    if kind in (TType.LIST, TType.SET):
        return [to_json(spec[0], spec[1], item) for item in value]
    if kind == TType.MAP:
        pairs = [[to_json(spec[0], spec[1], k), to_json(spec[2], spec[3], v)]
                 for k, v in value.items()]
        if spec[0] in (TType.STRUCT, TType.LIST, TType.SET, TType.MAP):
            return pairs
        return {k if isinstance(k, str) else json.dumps(k): v
                for k, v in pairs}
    if kind == TType.STRING and spec == "BINARY":
        return base64.b64encode(value).decode()
    if kind == TType.DOUBLE and not math.isfinite(value):
        return "NaN" if math.isnan(value) else \
            "Infinity" if value > 0 else "-Infinity"
    return value


def same(a, b):
    """Raises where two forms differ, and says where."""
    if a == b:
        return
    for x, y in zip(a, b):
        if x != y and isinstance(x, tuple) and isinstance(y, tuple):
            same(x, y)
    raise AssertionError("%.300r\n!= %.300r" % (a, b))


class Random:
    """Random values of any type that python knows of."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def size(self, depth):
        if depth > 6 or self.r.random() < 0.2:
            return 0
        return self.r.choice([1, 1, 1, 2, 2, 3, 14, 15, 16]
                             if depth < 3 else [1, 2])

    def integer(self, bits):
        n = self.r.getrandbits(self.r.randrange(bits))
        return -n - 1 if self.r.random() < 0.5 else n

    def double(self):
        while True:
            d = from_bits(self.r.getrandbits(64)) if self.r.random() < 0.5 \
                else self.r.choice([0.0, -0.0, 1.0, 1e300, math.inf, 5e-324,
                                    self.r.uniform(-1e6, 1e6)])
            # A signalling NaN may become a quiet one on the way.
            if not math.isnan(d):
                return d

    def text(self):
        n = self.r.choice([0, 0, 1, 1, 2, 3, 5, 8, 40, 127, 128])
        top = self.r.choice([0x7f, 0x7ff, 0xd7ff, 0x10ffff])
        points = (int(self.r.random() * (top + 1)) for _ in range(n))
        return "".join(chr(c) for c in points if not 0xd800 <= c < 0xe000)

    def structure(self, cls, depth):
        specs = list(specs_of(cls).values())
        optional = cls in (ttypes.Optionals, ttypes.Lax)
        if cls is ttypes.Choice:
            specs = [self.r.choice(specs)]
        return cls(**{s[2]: self.value(s[1], s[3], depth + 1) for s in specs
                      if not optional or self.r.random() < 0.7})

    def value(self, kind, spec, depth=0):
        if kind == TType.STRUCT:
            return self.structure(spec[0], depth)
        if kind in (TType.LIST, TType.SET):
            items = [self.value(spec[0], spec[1], depth + 1)
                     for _ in range(self.size(depth))]
            if kind == TType.LIST:
                return tuple(items) if spec[2] else items
            return frozenset(items) if spec[2] else set(items)
        if kind == TType.MAP:
            pairs = {self.value(spec[0], spec[1], depth + 1):
                     self.value(spec[2], spec[3], depth + 1)
                     for _ in range(self.size(depth))}
            return TFrozenDict(pairs) if spec[4] else pairs
        if kind == TType.BOOL:
            return self.r.random() < 0.5
        if kind == TType.DOUBLE:
            return self.double()
        if kind == TType.STRING:
            return self.r.randbytes(self.r.choice([0, 1, 2, 3, 4, 128])) \
                if spec == "BINARY" else self.text()
        return self.integer({TType.BYTE: 8, TType.I16: 16, TType.I32: 32,
                             TType.I64: 64}[kind])
