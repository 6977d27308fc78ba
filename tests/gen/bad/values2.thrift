# SPDX-License-Identifier: Apache-2.0
const uuid a = "not a uuid"
const i64 b = 99999999999999999999
const string c = "bad \q escape"
const string d = "never
const i32 e = 1.
enum F { A = 4294967296 }
