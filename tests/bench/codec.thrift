# SPDX-License-Identifier: Apache-2.0
/*
 * What the codec benchmark encodes and decodes: a list of 100 items is 17 KB
 * in the compact protocol.
 */
namespace c codec
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

/* What an older program knows of a batch. */
struct OldItem {
  1: i64 id
  6: bool active
}

struct OldBatch {
  1: list<OldItem> items
}

struct Small {
  1: i32 count
  2: i64 id
  3: bool active
  4: string name
}

struct Numbers {
  1: list<i32> ints
  2: list<i64> longs
  3: list<double> doubles
}

struct Lines {
  1: list<string> lines
}

struct Node {
  1: i32 value
  2: list<Node> below
}
