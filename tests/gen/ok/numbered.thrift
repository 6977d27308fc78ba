# SPDX-License-Identifier: Apache-2.0
# Names that end as those of the elements of others do.
include "numbered_base.thrift"
namespace c numbered
const list<i32> foo = [1]
const list<i32> foo_default_1 = [2]
struct S { 1: list<i32> a = [3, 4], 2: list<list<i32>> b = [[5], [6]] }
const list<i32> s_default_1 = [7]
const list<i32> t_default_1 = [8]
struct V { 1: i32 a }
struct v_default_1 { 1: i32 a }
service X { void m(1: list<i32> l = [9]) }
const list<i32> x_m_args_default_1 = [10]
