# SPDX-License-Identifier: Apache-2.0
struct Right { 1: i32 x }
