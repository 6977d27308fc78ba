# SPDX-License-Identifier: Apache-2.0
struct A {
  1 i32 a
  2: i32
  3: list<i32 c
  4: i32 ok
}
enum E { A = "x", B }
service S {
  void f(1: i32 x
  i32 g()
}
sruct B { }
struct C { 1: i32 fine }
