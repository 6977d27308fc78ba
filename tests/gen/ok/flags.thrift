# SPDX-License-Identifier: Apache-2.0
namespace * flags
service Work {
  i32 quick(1: i32 a) (tf.threads = "no")
  i32 block(1: i32 a)
  i32 again(1: i32 a) (tf.idempotent, other.annotation = "x")
  oneway void tell(1: i32 a) (tf.idempotent = "yes", tf.idempotent = "no")
} (tf.threads)
service Bare extends Work { void g() }
