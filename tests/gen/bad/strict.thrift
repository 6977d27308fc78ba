# SPDX-License-Identifier: Apache-2.0
# strict
include "empty.thrift"
struct A {
  i32 a
  0: i32 b
  40000: i32 c
  5: i8 d = 300
  6: bool e = 7
  7: list<i32> f = {}
  8: map<i32, i32> g = {1: 2, 1: 3}
  9: set<string> h = ["a", "a"]
  10: A again
  11: i32 end
}
enum E { X = 1, Y = 1 }
exception Oops { 1: required i32 a }
struct B { 1: Oops o, 2: double d = 1e999 }
const Oops O = {}
service S { oneway i32 f(), Oops g() }
service T { void f() (tf.thread), void g() (tf.threads = "maybe") }
