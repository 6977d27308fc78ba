# SPDX-License-Identifier: Apache-2.0
/**
 * Every type in every position, and values at their limits.  The constant is
 * compiled three times, by thriftfork-gen and by Apache's compiler for C++ and
 * python, so that three programs build the same value without sharing code.
 * What IDL cannot spell (NaN, infinities, NUL, 70 kB) each of them adds.
 *
 * There is no uuid: Apache's compiler has it only since 0.18.  In python a key
 * must be immutable, whence the annotations.
 */
namespace c cross
namespace cpp cross

enum Color {
  FIRST = -2147483648
  BLUE = -5
  RED = 0
  GREEN = 1
  LAST = 2147483647
}

struct Key {
  1: i32 id
  2: string name
} (python.immutable = "")

struct Nothing {}

struct Scalars {
  1: bool truth
  2: i8 tiny
  3: i16 small
  4: i32 medium
  5: i64 large
  6: double real
  7: string text
  8: binary blob
  9: Color color
  10: bool last
}

/** Compared by their bits. */
struct Doubles {
  1: list<double> values
  2: double one
}

struct Texts {
  1: list<string> texts
  2: list<binary> blobs
  3: string text
  4: binary blob
}

struct Lists {
  1: list<bool> bools
  2: list<i8> tinies
  3: list<i16> smalls
  4: list<i32> mediums
  5: list<i64> larges
  6: list<double> reals
  7: list<string> texts
  8: list<binary> blobs
  9: list<Color> colors
  10: list<Key> keys
  11: list<Nothing> nothings
  12: list<i32> fourteen
  13: list<i32> fifteen
  14: list<i32> sixteen
  15: list<bool> no_bools
  16: list<Key> no_keys
  17: list<bool> many_bools
}

struct Sets {
  1: set<bool> bools
  2: set<i8> tinies
  3: set<i16> smalls
  4: set<i32> mediums
  5: set<i64> larges
  6: set<double> reals
  7: set<string> texts
  8: set<binary> blobs
  9: set<Color> colors
  10: set<Key> keys
  11: set<list<i32> (python.immutable = "")> lists
  12: set<i32> none
}

struct Maps {
  1: map<bool, bool> bools
  2: map<i8, i64> tinies
  3: map<i16, i32> smalls
  4: map<i32, i16> mediums
  5: map<i64, i8> larges
  6: map<double, double> reals
  7: map<string, binary> texts
  8: map<binary, string> blobs
  9: map<Color, Color> colors
  10: map<Key, Key> keys
  11: map<list<i32> (python.immutable = ""), string> by_list
  12: map<set<i32> (python.immutable = ""), string> by_set
  13: map<map<i32, bool> (python.immutable = ""), string> by_map
  14: map<string, i32> none
  15: map<Key, Nothing> no_keys
}

union Choice {
  1: bool truth
  2: i8 tiny
  3: i16 small
  4: i32 medium
  5: i64 large
  6: double real
  7: string text
  8: binary blob
  9: Color color
  10: Key key
  11: list<bool> bools
  12: set<string> texts
  13: map<i32, list<string>> map_
  14: Nothing nothing
  100: string far
}

struct Nested {
  1: list<list<map<string, list<i32>>>> deep
  2: map<i32, map<string, set<i64>>> maps
  3: list<set<list<bool> (python.immutable = "")>> sets
  4: map<string, list<map<Key, Scalars>>> structs
  5: list<Choice> choices
  6: map<string, Choice> named
  7: list<list<list<list<Nothing>>>> empties
}

/** Long and short field headers; not in the order of the ids. */
struct Gaps {
  32767: i32 last
  1: i32 first
  16: bool by_15
  32: bool by_16
  33: bool by_1
  48: string by_15_again
  64: string by_16_again
  255: i8 c
  256: i8 d
  4000: list<bool> e
  32766: bool before_last
}

struct Optionals {
  1: optional bool truth
  2: optional i8 tiny
  3: optional i16 small
  4: optional i32 medium
  5: optional i64 large
  6: optional double real
  7: optional string text
  8: optional binary blob
  9: optional Color color
  10: optional Key key
  11: optional list<i32> list_
  12: optional set<string> set_
  13: optional map<i32, string> map_
  14: optional Choice choice
  15: optional Nothing nothing
  16: optional bool last
}

/** Lax, with nothing optional: what Lax may leave out is missing here. */
struct Strict {
  1: required bool truth
  2: required i64 large
  3: required string text
  4: required Color color
  5: required Key key
  6: required list<i32> list_
  7: required map<i32, string> map_
  8: required Choice choice
}

struct Lax {
  1: optional bool truth
  2: optional i64 large
  3: optional string text
  4: optional Color color
  5: optional Key key
  6: optional list<i32> list_
  7: optional map<i32, string> map_
  8: optional Choice choice
}

/** What an old program knows of All, and what it thought Scalars were. */
struct Old {
  5: i32 lists  // a struct in All: skipped
  30: string trailer
  40: i32 absent
}

struct OldScalars {
  1: i32 truth  // other types, one by one: skipped
  2: i16 tiny
  3: i8 small
  4: i64 medium
  5: i32 large
  6: i64 real
  7: list<i8> text
  8: Nothing blob
  9: bool color
  10: bool last  // the only one that is still the same
}

struct All {
  1: list<Scalars> scalars
  2: Doubles doubles
  3: Texts texts
  5: Lists lists
  6: Sets sets
  7: Maps maps
  8: Nested nested
  9: Gaps gaps
  10: Optionals unset
  11: Optionals present
  12: optional Optionals absent
  13: optional Strict strict
  14: Nothing nothing
  30: string trailer
}

const All EXTREMES = {
  "scalars": [
    { "truth": 0, "tiny": -128, "small": -32768, "medium": -2147483648,
      "large": -9223372036854775808, "real": -1.7976931348623157e308,
      "text": "", "blob": "", "color": Color.FIRST, "last": 1 },
    { "truth": 1, "tiny": 127, "small": 32767, "medium": 2147483647,
      "large": 9223372036854775807, "real": 1.7976931348623157e308,
      "text": "grüße 世界", "blob": "bytes", "color": Color.LAST, "last": 0 },
    { "truth": 0, "tiny": 0, "small": 0, "medium": 0, "large": 0, "real": 0.0,
      "text": "'\"\\\r\n\t", "blob": "", "color": Color.RED, "last": 0 },
    { "truth": 1, "tiny": 1, "small": 1, "medium": 1, "large": 1, "real": 1.5,
      "text": "1", "blob": "1", "color": Color.GREEN, "last": 1 },
    { "truth": 1, "tiny": -1, "small": -1, "medium": -1, "large": -1,
      "real": -1.5, "text": "-", "blob": "-", "color": Color.BLUE, "last": 1 }
  ],
  "doubles": { "values": [0.1, 1e-7, 123456789.125], "one": 2.5e-9 },
  "texts": { "texts": ["", "x"], "blobs": ["", "x"], "text": "t",
    "blob": "b" },
  "lists": {
    "bools": [1, 0, 1, 1],
    "tinies": [-128, -1, 0, 1, 127],
    "smalls": [-32768, -129, -1, 0, 1, 64, 127, 128, 32767],
    "mediums": [-2147483648, -65, -64, -1, 0, 1, 63, 64, 8191, 8192, 1048575,
      1048576, 134217727, 134217728, 2147483647],
    "larges": [-9223372036854775808, -4294967296, -1, 0, 1, 4294967296,
      17179869183, 17179869184, 2199023255551, 2199023255552,
      281474976710655, 281474976710656, 36028797018963967,
      36028797018963968, 4611686018427387903, 4611686018427387904,
      9223372036854775807],
    "reals": [-1.5, 0.0, 3.0e300],
    "texts": ["", "one", "two"],
    "blobs": ["", "three"],
    "colors": [Color.RED, Color.LAST, Color.FIRST, Color.BLUE],
    "keys": [{ "id": 1, "name": "a" }, { "id": 0, "name": "" },
      { "id": -1, "name": "c" }],
    "nothings": [{}, {}, {}],
    "fourteen": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    "fifteen": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    "sixteen": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    "no_bools": [],
    "no_keys": [],
    "many_bools": [1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0]
  },
  "sets": {
    "bools": [1, 0],
    "tinies": [127, -128, 0],
    "smalls": [32767, -32768, 0],
    "mediums": [2147483647, -2147483648, 0],
    "larges": [9223372036854775807, -9223372036854775808, 0],
    "reals": [2.5, -2.5, 0.0],
    "texts": ["b", "a", ""],
    "blobs": ["d", "c", ""],
    "colors": [Color.GREEN, Color.FIRST],
    "keys": [{ "id": 2, "name": "b" }, { "id": 1, "name": "a" }],
    "lists": [[3, 2, 1], [], [1]],
    "none": []
  },
  "maps": {
    "bools": { 1: 0, 0: 1 },
    "tinies": { 127: 9223372036854775807, -128: -9223372036854775808 },
    "smalls": { 32767: 2147483647, -32768: -2147483648 },
    "mediums": { 2147483647: 32767, -2147483648: -32768 },
    "larges": { 9223372036854775807: 127, -9223372036854775808: -128 },
    "reals": { 2.5: -2.5, -2.5: 2.5, 0.0: 1.0 },
    "texts": { "b": "B", "a": "", "": "e" },
    "blobs": { "d": "D", "c": "", "": "e" },
    "colors": { Color.GREEN: Color.BLUE, Color.LAST: Color.FIRST },
    "keys": { { "id": 2, "name": "b" }: { "id": -2, "name": "B" },
      { "id": 1, "name": "a" }: { "id": 0, "name": "" } },
    "by_list": { [2, 1]: "two", []: "none" },
    "by_set": { [2, 1]: "two", []: "none" },
    "by_map": { { 1: 1, 2: 0 }: "two", {}: "none" },
    "none": {},
    "no_keys": {}
  },
  "nested": {
    "deep": [[], [{}], [{ "a": [1, 2], "b": [] }, {}], [{ "": [-1] }]],
    "maps": { 1: { "a": [1, -9223372036854775808], "b": [] }, 2: {} },
    "sets": [[[1, 0], [], [1]], []],
    "structs": {
      "empty": [],
      "two": [{}, { { "id": 7, "name": "seven" }: {
        "truth": 1, "tiny": 1, "small": 2, "medium": 3, "large": 4,
        "real": 5.5, "text": "six", "blob": "seven", "color": Color.GREEN,
        "last": 0 } }]
    },
    "choices": [
      { "truth": 0 }, { "truth": 1 }, { "tiny": -128 }, { "small": -32768 },
      { "medium": -2147483648 }, { "large": -9223372036854775808 },
      { "real": -0.5 }, { "text": "" }, { "blob": "bytes" },
      { "color": Color.BLUE }, { "key": { "id": 0, "name": "" } },
      { "bools": [] }, { "bools": [1, 0] }, { "texts": ["a", ""] },
      { "map_": { 1: ["x", "y"], 2: [] } }, { "nothing": {} },
      { "far": "away" }
    ],
    "named": { "n": { "nothing": {} }, "b": { "truth": 0 } },
    "empties": [[], [[], [[]]], [[[{}, {}]]]]
  },
  "gaps": { "last": 2147483647, "first": -1, "by_15": 1, "by_16": 0,
    "by_1": 1, "by_15_again": "x", "by_16_again": "y", "c": -128, "d": 127,
    "e": [0, 1], "before_last": 1 },
  "unset": {},
  "present": { "truth": 0, "tiny": 0, "small": 0, "medium": 0, "large": 0,
    "real": 0.0, "text": "", "blob": "", "color": Color.RED,
    "key": { "id": 0, "name": "" }, "list_": [], "set_": [], "map_": {},
    "choice": { "medium": 0 }, "nothing": {}, "last": 1 },
  "strict": { "truth": 0, "large": 0, "text": "", "color": Color.RED,
    "key": { "id": 0, "name": "" }, "list_": [], "map_": {},
    "choice": { "truth": 0 } },
  "nothing": {},
  "trailer": "end"
}
