# SPDX-License-Identifier: Apache-2.0
namespace c numbered
struct T { 1: list<i32> a = [1] }
