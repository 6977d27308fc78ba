# SPDX-License-Identifier: Apache-2.0
/*
 * What the codec benchmark encodes and decodes: 100 of these are 18 KB in the
 * compact protocol.
 */
namespace cpp codec

struct Item {
  1: i64 id
  2: string name
  3: double score
  4: list<i32> counts
  5: map<string, string> labels
  6: bool active
  7: optional binary digest
}

struct Batch {
  1: list<Item> items
}
