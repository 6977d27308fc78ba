# SPDX-License-Identifier: Apache-2.0
namespace c locks

service Locks {
  /** Takes the lock if it is free; how that went.  Then the fifo is read to
      its end, if there is one, and the lock let go. */
  string take(1: string name, 2: string fifo)
  /** Waits so long for the lock, and lets go of it. */
  string wait(1: string name, 2: i32 ms)
  /** Takes it, and never lets go. */
  string keep(1: string name)
  /** Adds to a counter or gauge, or is recorded. */
  void add(1: string name, 2: i64 n)
  i64 pid()
  /** Is recorded in all histograms. */
  void ping()
}
