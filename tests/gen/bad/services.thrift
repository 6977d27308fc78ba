# SPDX-License-Identifier: Apache-2.0
struct S { }
exception X { }
service A extends A { }
service B extends C { }
service C { oneway void f() throws (1: X x), void g() throws (1: S s), void v(1: void x) }
union U { 1: i32 a = 1, 2: i32 b = 2 }
