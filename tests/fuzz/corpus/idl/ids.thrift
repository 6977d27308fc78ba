# SPDX-License-Identifier: Apache-2.0
struct NoIds { i32 a, i32 b; string c list<i32> d }
struct Mixed { 32767: i32 last, 1: i32 first, i32 auto, -5: i32 negative, 300: i32 middle, 0: i32 zero }
service S { i32 f(i32 a, i32 b) }
