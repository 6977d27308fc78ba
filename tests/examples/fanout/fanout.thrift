// SPDX-License-Identifier: Apache-2.0
// Asks many servers at once (see fanout.c), each as tests/examples/hello is.
namespace * fanout

struct Answer {
  1: string server
  2: optional string text
  3: optional string error    // instead
}

service Fanout {
  // What every server says to name, asked so many times each, as far as it
  // comes within that many milliseconds.
  list<Answer> ask(1: string name, 2: i32 times, 3: i32 within_ms)
  void ping()
}
