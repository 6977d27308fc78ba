# SPDX-License-Identifier: Apache-2.0
# A service that writes down what it does, so that a test can see what was done
# twice, and what never.
namespace c tally

service Tally {
  /** Writes the number down; returns its answer, which is no other's. */
  i64 once(1: i64 number)
  /** The same, and doing it twice is like doing it once. */
  i64 often(1: i64 number) (tf.idempotent = "yes")
}
