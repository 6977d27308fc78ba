# SPDX-License-Identifier: Apache-2.0
namespace cpp x (a = "b", c)
namespace * annotations
typedef list<i32> (cpp.template = "std::list") L (final)
struct S {
  1: i32 a (cpp.type = "int", deprecated;) , 2: string (x = "y") b = "c" (d)
  3: map<i32, string (z)> (q) m
} (python.immutable = "", python.immutable = "twice")
enum E { A (a = "b"), B = 2 (c) } (d)
union U { 1: i32 a (b) } (c)
exception X { 1: i32 a (b) } (c)
service Svc { void f(1: i32 a (b)) throws (1: X x (y)) (tf.idempotent, tf.threads = "yes") } (z = "1")
