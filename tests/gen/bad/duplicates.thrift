# SPDX-License-Identifier: Apache-2.0
struct A { 1: i32 a, 1: i32 b, 2: i32 a }
struct A { }
enum E { X, Y, X }
const i32 C = 1
const i32 C = 2
service S { void f(), void f() }
service T extends S { void f() }
