# SPDX-License-Identifier: Apache-2.0
struct S { 1: i32 x }
enum E { A }
service Empty { }
service Many {
  void ping(),
  bool b(1: bool x);
  i8 i(1: i8 x, 2: i16 y, 3: i32 z, 4: i64 w)
  double d(1: double ret)
  string s(1: string client, 2: binary call)
  S st(1: S a, 2: S r, 3: S rc, 4: S result)
  E en(1: E e)
  list<S> l(1: list<S> l)
  map<string, S> m(1: set<i32> s, 2: map<i32, list<S>> t)
  oneway void tell(1: S s)
  S int(1: i32 char, 2: i32 extern)
  void base()
  void serve()
  void close()
  void send(1: optional i32 x)
}
