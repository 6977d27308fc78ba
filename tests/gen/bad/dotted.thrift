# SPDX-License-Identifier: Apache-2.0
struct a.b { 1: i32 c.d }
typedef i32 e.f
struct list { }
