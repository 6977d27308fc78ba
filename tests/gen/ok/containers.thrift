# SPDX-License-Identifier: Apache-2.0
struct X { 1: i32 a }
enum E { A }
struct All {
  1: list<bool> a
  2: set<i8> b
  3: list<i16> c
  4: set<i32> d
  5: list<i64> e
  6: list<double> f
  7: set<string> g
  8: list<binary> h
  9: list<X> i
  10: set<X> j
  11: list<E> k
  12: list<list<i32>> l
  13: list<set<list<X>>> m
  14: map<string, i32> n
  15: map<i32, map<string, list<X>>> o
  16: map<X, E> p
  17: map<list<i32>, set<string>> q
  18: map<binary, binary> r
  19: map<string, string> s
  20: list<map<E, list<E>>> t
  21: map<E, X> u
}
