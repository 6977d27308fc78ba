# SPDX-License-Identifier: Apache-2.0
# apache: 0.18
struct Keywords {
  1: i32 list
  2: i32 struct
  3: optional i32 required
  4: required i32 optional
  5: string string
  6: map<string, i32> map
  7: bool bool = true
  8: i32 namespace (a = "b")
  9: i32 const = 4
}
struct Prefixed { 1: list cpp_type "Z" <byte> k }
service Keys { void get(1: i32 service, 2: i32 oneway) }
