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
  /** Uses the processor for so long. */
  void spin(1: i32 ms)
  /** Waits for so long. */
  void doze(1: i32 ms)
  /** The same, so that one of them can have another timeout. */
  void nap(1: i32 ms)
  /** Takes that much memory and keeps it. */
  void grow(1: i32 bytes)
  /** The mood that the worker was set up in; see testbed.c. */
  string mood()
  /** Who the client is by its certificate; "-" without TLS. */
  string subject()
  /** The address of who asks. */
  string peer()
  /** The number of the thread that runs it; -1 is the event loop. */
  i32 thread() (tf.threads)
  /**
   * Answers text later: "thread", "early" (before it returns), "twice", "timer",
   * "post", "never", or, from a thread, when the writer of a fifo closes it.
   */
  string later(1: string how, 2: string text)
  /** The same, without an answer. */
  oneway void quietly(1: string how)
  /**
   * Has a thread write over all that the worker counts in, from now on: random
   * words, and then all bits. It has been through once when this returns.
   */
  void scribble()
  /** How often this worker has been told that a token is void. */
  i32 late()
}
