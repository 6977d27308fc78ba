# SPDX-License-Identifier: Apache-2.0
/* What servers are raced with: tests/bench/run. */
include "codec.thrift"

namespace c race

service Race {
  void ping()
  void nap(1: i32 ms)
  string echo_text(1: string v)
  codec.Item echo_item(1: codec.Item v)
  codec.Batch echo_batch(1: codec.Batch v)
}
