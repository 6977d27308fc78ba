# SPDX-License-Identifier: Apache-2.0
namespace c calc

enum Op { ADD = 1, SUB, MUL, DIV }

/** One piece of arithmetic. */
struct Work {
  1: i32 num1 = 0
  2: i32 num2
  3: Op op
  4: optional string comment
}

struct Entry {
  1: i32 logid
  2: Work work
  3: i32 result
  4: list<string> tags
}

exception InvalidOperation { 1: Op what, 2: string why }

service Calculator {
  void ping()
  /** Does the work and remembers it under logid. */
  i32 calculate(1: i32 logid, 2: Work w, 3: list<string> tags)
      throws (1: InvalidOperation ouch)
  list<Entry> history(1: i32 since)
  map<string, i32> totals()
  oneway void forget(1: i32 logid)
}
