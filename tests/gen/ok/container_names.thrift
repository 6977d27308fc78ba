# SPDX-License-Identifier: Apache-2.0
namespace c n
struct X { 1: i32 a }
struct XEntry { 1: i32 a }
struct Product { 1: i32 a }
struct ProductList { 1: list<Product> products }
struct A { 1: i32 a }
struct ANB { 1: i32 a }
struct BNC { 1: i32 a }
struct C { 1: i32 a }
struct list_i32 { 1: i32 a }
struct Str { 1: i32 a }
struct Uses {
  1: map<string, X> a
  2: map<string, XEntry> b
  3: list<Product> c
  4: map<A, BNC> d
  5: map<ANB, C> e
  6: list<list_i32> f
  7: list<list<i32>> g
  8: map<Str, Str> h
  9: map<X, string> i
  10: map<string, string> j
  11: map<string, map<string, XEntry>> k
}
