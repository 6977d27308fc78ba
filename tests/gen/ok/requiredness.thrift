# SPDX-License-Identifier: Apache-2.0
struct R {
  1: required i32 a
  2: optional i32 b
  3: i32 c
  4: required R2 d
  5: optional R2 e
  6: R2 f
  7: optional list<R2> g
  8: optional U h
  9: U i
}
struct R2 { 1: optional binary x }
union U { 1: i32 a, 2: optional R2 b, 3: list<U> c }
