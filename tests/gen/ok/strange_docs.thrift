# SPDX-License-Identifier: Apache-2.0
/** bidi â€® and latin1 é and ??/ trigraph */
struct Strange { 1: i32 a }
