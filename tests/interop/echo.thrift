# SPDX-License-Identifier: Apache-2.0
# A service with a method of every kind, for clients of other makes.
namespace c echo

enum Colour { RED = 1, GREEN = 2, BLUE = 4 }

struct Inner {
  1: i32 number
  2: string text
}

struct Outer {
  1: bool flag
  2: i8 tiny
  3: i16 small
  4: i32 medium
  5: i64 large
  6: double real
  7: string text
  8: binary bytes
  9: Inner inner
  10: list<Inner> inners
  11: map<string, list<i32>> lists
  12: set<i32> numbers
  13: Colour colour
  14: optional Inner maybe
  15: optional i64 perhaps
  100: list<bool> flags
}

union Choice {
  1: i32 number
  2: string text
  3: Inner inner
}

exception Refused {
  1: i32 code
  2: string why
}

service Base {
  string inherited(1: string text)
}

service Echo extends Base {
  void nothing()
  bool echo_bool(1: bool v)
  i8 echo_i8(1: i8 v)
  i16 echo_i16(1: i16 v)
  i32 echo_i32(1: i32 v)
  i64 echo_i64(1: i64 v)
  double echo_double(1: double v)
  string echo_string(1: string v)
  binary echo_binary(1: binary v)
  Outer echo_struct(1: Outer v)
  list<Inner> echo_list(1: list<Inner> v)
  set<string> echo_set(1: set<string> v)
  map<i32, string> echo_map(1: map<i32, string> v)
  map<string, list<i32>> echo_map_of_lists(1: map<string, list<i32>> v)
  Choice echo_union(1: Choice v)
  Colour echo_enum(1: Colour v)
  /** Throws what it is given, if code is not 0. */
  i32 refuse(1: i32 code, 2: string why) throws (1: Refused refused)
  /** Fails with an undeclared error. */
  i32 fail(1: string why)
  oneway void note(1: i32 number)
  /** The sum of all that was noted in this worker. */
  i32 noted()
}
