# SPDX-License-Identifier: Apache-2.0
# The calculator whose recorded sessions t4200-recorded.py replays, as far as
# its bytes show it.
namespace c recorded

enum Operation { ADD = 1, SUBTRACT = 2, MULTIPLY = 3, DIVIDE = 4 }

struct Work {
  1: i32 num1
  2: i32 num2
  3: Operation op
}

exception BadOperation {
  1: i32 what
  2: string why
}

struct Logged {
  1: i32 key
  2: string value
}

service Recorded {
  void ping()
  i32 add(1: i32 num1, 2: i32 num2)
  i32 calculate(1: i32 logid, 2: Work work) throws (1: BadOperation bad)
  Logged getStruct(1: i32 key)
}
