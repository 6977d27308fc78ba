# SPDX-License-Identifier: Apache-2.0
namespace c shared

struct Tally {
  1: i64 items
  2: i64 bytes
  3: i64 repairs
}

service Shared {
  /** Appends to the list; the place where it stands now, the first is 1. */
  i64 add_data(1: string data)
  /** At most count of its items, from the place first on. */
  list<string> get_data(1: i64 first, 2: i32 count)
  Tally tally()
}
