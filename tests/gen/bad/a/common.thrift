# SPDX-License-Identifier: Apache-2.0
enum Color { RED }
exception Gone { 1: string why }
struct Thing { 1: i32 x }
