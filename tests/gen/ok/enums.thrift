# SPDX-License-Identifier: Apache-2.0
enum Empty { }
enum Signed { LOW = -2147483648, MINUS = -1, ZERO, ONE = 1, HIGH = 2147483647 }
enum Hex { A = 0x10, B, C = 0x20; D }
enum camelCase { firstValue = 1, SECOND_VALUE, Third2Value (why = "because"), }
enum Twice { X = 1, Y = 1 }
struct Holds {
  1: Signed s = Signed.LOW
  2: list<Hex> l = [Hex.A, Hex.D]
  3: map<Hex, Signed> m
  4: set<camelCase> c
  5: optional Twice t = 1
  6: Empty e
}
