# SPDX-License-Identifier: Apache-2.0
struct Dos {
  1: i32 a // comment
  /** doc
   * two
   */
  2: i32 b
}
