# SPDX-License-Identifier: Apache-2.0
# apache: 0.18
const uuid ONE = "00112233-4455-6677-8899-aabbccddeeff"
const uuid TWO = "{00112233-4455-6677-8899-AABBCCDDEEFF}"
const list<uuid> BOTH = [ONE, "00112233445566778899aabbccddeeff"]
struct Holder {
  1: uuid id
  2: optional uuid other = "00000000-0000-0000-0000-000000000001"
  3: list<uuid> many
  4: map<uuid, uuid> pairs
}
service Ids { uuid next(1: uuid last) }
