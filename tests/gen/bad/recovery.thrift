# SPDX-License-Identifier: Apache-2.0
struct A {
  1: i32 a

struct B { 1: i32 b }
enum E {
  5
}
service S {
  2> totals()
  void ok()
}
struct C { 1: B b, 2: Nope c }
