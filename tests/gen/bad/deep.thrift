# SPDX-License-Identifier: Apache-2.0
struct A { 1: optional A a = {"a": {}} }
struct B { 1: C c, 2: string s }
struct C { 1: optional B b = {}, 2: i32 n = 4 }
