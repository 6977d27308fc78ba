# SPDX-License-Identifier: Apache-2.0
const map<i32,i32> M = { 1:2 3:4, 5:6; 7:8 }
const list<i32> L = [1 2,3;4]
struct A { 1:i32 a 2:i32 b,3:i32 c;4:i32 d }
enum E { A B, C; D = 9 E }
typedef i32 T; typedef i32 U, typedef i32 V
service S { void a() void b(), void c(); void d(1:i32 x 2:i32 y;3:i32 z,) }
