# SPDX-License-Identifier: Apache-2.0
struct Work { 1: i32 a }
struct B {
  1: Wrok w
	2: list<Work2> tabs
  3: nowhere.Work x
  4: S service
}
service S extends Bse { Nope f(1: Nada x) throws (1: Work w) }
service Base { }
