# SPDX-License-Identifier: Apache-2.0
# apache: 0.18
namespace c errno
struct int { 1: i32 int, 2: i32 int_, 3: i32 register, 4: i32 errno, 5: i32 unix, 6: optional i32 EOF }
struct Flags { 1: optional i32 x, 2: bool has_x, 3: optional i32 has_x_, 4: optional i32 this }
struct fooBar { 1: i32 a }
struct foo_bar { 1: i32 a }
struct FooBar_type { 1: i32 a }
struct __ { 1: i32 _, 2: i32 __, 3: i32 class }
enum TRUE { TRUE, FALSE, NULL }
enum E { A, a }
union U { 1: i32 none, 2: i32 which, 3: i32 u }
union V { 1: U which, 2: i32 NONE }
const i32 INT_INIT = 4
const string class = "template"
exception throw { 1: string default }
service class {
  i32 close(1: i32 fd) throws (1: throw throw)
  void send(1: string FILE, 2: i32 stdin, 3: i32 int32_t)
  i32 struct_(1: i32 call, 2: i32 ret, 3: i32 a, 4: i32 client, 5: int assert)
  void register(), void delete(), void new(), void handler()
  void ping_args(), void ping(), void methods()
}
struct HTTPServer2XYes { 1: i32 camelCase, 2: i32 snake_case, 3: i32 UPPER }
typedef i32 size_t
struct Wide { 1: size_t size_t, 2: double double_, 3: list<HTTPServer2XYes> v, 4: i32 n, 5: i32 cap }
