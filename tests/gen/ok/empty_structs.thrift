# SPDX-License-Identifier: Apache-2.0
struct Nothing { }
struct Holds { 1: Nothing a, 2: optional Nothing b, 3: list<Nothing> c, 4: map<i32, Nothing> d }
const Holds H = {"a": {}, "c": [{}, {}]}
service S { Nothing f(1: Nothing x) }
