# SPDX-License-Identifier: Apache-2.0
cpp_include "<vector>"
namespace smalltalk.category Old
namespace cpp.noexist x
struct All xsd_all {
  1: i32 a xsd_optional xsd_nillable
  2: i32 b xsd_attrs { 1: i32 c } (d = "e")
  3: map cpp_type "X" <i32, string> m
  4: set cpp_type "Y" <i32> s
  5: list<i32> cpp_type "Z" l
}
service Old { async void f(1: All a) }
