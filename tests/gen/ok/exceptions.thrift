# SPDX-License-Identifier: Apache-2.0
exception Bare { }
exception Full { 1: i32 code = 500, 2: string why, 3: optional Full cause }
struct Report { 1: Full what, 2: list<Bare> others }
service Fails {
  void nothing() throws (1: Bare b)
  i32 both(1: i32 b) throws (1: Bare b, 2: Full call)
  Full returned(1: Full f)
  void unnumbered() throws (Bare x, Full y)
}
