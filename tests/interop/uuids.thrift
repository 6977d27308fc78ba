# SPDX-License-Identifier: Apache-2.0
# Methods with UUIDs, which Apache's compiler knows since 0.18 only.
namespace c uuids

struct Some {
  1: uuid one
  2: optional uuid maybe
  3: list<uuid> more
  4: map<uuid, uuid> pairs
}

service Uuids {
  /** The last byte is one more. */
  uuid step(1: uuid last)
  Some same(1: Some v)
}
