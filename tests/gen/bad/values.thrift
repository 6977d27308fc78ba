# SPDX-License-Identifier: Apache-2.0
enum Op { ADD = 1 }
struct P { 1: i32 x, 2: required i32 y }
const string a = 5
const i32 b = 1.5
const bool c = "yes"
const Op d = ADD
const Op e = Op.SUB
const Op f = 7
const P g = {"z": 1}
const P h = {"x": "one"}
const i32 i = later
const i32 later = 1
const i32 j = nowhere
const list<i32> k = 5
const list<string> l = m
const map<string, i32> n = {1: 2}
const double o = "x"
const list<i32> ints = [1]
const list<string> p = ints
const i32 q = q
