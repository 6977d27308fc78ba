# SPDX-License-Identifier: Apache-2.0
struct Shared { 1: i32 id, 2: list<Shared> kids }
exception Oops { 1: string why }
typedef map<string, Shared> SharedMap
enum Mode { OFF, ON }
const i32 LIMIT = 10
service Base { Shared get(1: i32 id) throws (1: Oops oops), void ping() }
