# SPDX-License-Identifier: Apache-2.0
/** One or the other. */
union Value {
  1: bool b
  /** A number. */
  2: i64 none
  3: string which
  4: list<Value> items
  5: map<string, Value> members
  6: Value boxed
  -1: i32 old
}
union Nothing { }
struct Holder { 1: Value v, 2: optional Value w, 3: list<Nothing> n }
service Values { Value echo(1: Value v) }
