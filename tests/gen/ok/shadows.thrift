# SPDX-License-Identifier: Apache-2.0
# Arguments and exceptions of the names that generated functions use.
exception Stop { 1: i32 tf_client_call }
service X {
  void a(1: i32 tf_client_call, 2: i32 shadows_x_methods, 3: i32 tf_flight_fn,
      4: i32 tf_async_start, 5: i32 tf_flight_finish, 6: i32 tf_client_call_)
  i32 b(1: i32 a) throws (1: Stop tf_client_call, 2: Stop tf_flight_finish)
  void tf_fail(1: i32 tf_fail, 2: i32 shadows_x_methods_)
}
