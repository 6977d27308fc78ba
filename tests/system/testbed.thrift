# SPDX-License-Identifier: Apache-2.0
# A service that misbehaves on request, for tests of supervision.
namespace c testbed

service Testbed {
  string echo(1: string text)
  i32 pid()
  /** Returns what is written to the fifo, when its writer closes it. */
  string hold(1: string fifo)
  /** Sends itself a signal. */
  void die(1: i32 sig)
  /** Fails without saying why: a bug of a handler. */
  void fail_silently()
}
