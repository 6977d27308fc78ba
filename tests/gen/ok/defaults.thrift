# SPDX-License-Identifier: Apache-2.0
enum Op { ADD = 1, SUB }
struct Inner {
  1: i32 a = 5
  2: optional string b
}
struct Outer {
  1: i32 zero = 0
  2: optional i32 set_zero = 0
  3: string text = "hello"
  4: Op op = Op.SUB
  5: Inner inner
  6: Inner other = {"a": 6, "b": "bee"}
  7: optional Inner pointer = {}
  8: list<i32> numbers = [1, 2, 3]
  9: optional map<string, list<string>> table = {"k": ["v"]}
  10: double d = -0.0
  11: bool flag = true
  12: required i64 big = 9223372036854775807
  13: list<Inner> inners = [{}, {"a": 7}]
  14: optional Inner absent
  15: set<string> empty = []
}
struct Deeper { 1: Outer outer, 2: optional bool b = false }
/* No defaults of its own, and the same within another. */
struct Plain { 1: string s, 2: i32 n, 3: binary b }
struct Around { 1: Plain plain, 2: optional Plain absent, 3: list<Plain> none }
struct Texts {
  1: optional Plain pointer = {"n": 5}
  2: list<Plain> elems = [{"n": 6}, {}]
  3: map<i32, Around> entries = {1: {}}
  4: Plain value = {"n": 7}
  5: Plain unset
  6: optional Around around = {}
  7: list<Inner> inners = [{}]
  8: optional string text
  9: list<string> words = [""]
}
service Args { Inner go(1: i32 x = 3, 2: Inner i, 3: list<string> l = ["a"]) }
