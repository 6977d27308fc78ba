# SPDX-License-Identifier: Apache-2.0
/**
 * What this file is about: 100% of it.
 */
namespace * docs

/** One line. */
struct One {
  /** The field. */
  1: i32 a
  /**
   * Several lines,
   *   with an indent,
   *
   * and an empty one.
   */
  2: optional string b
  /***/ 3: i32 c
  /**/ 4: i32 d
  /** with /* inside and a backslash \ at the end \ */
  5: i32 e
}
/* not a doc */
// nor this
# nor this
/** An enum. */
enum E {
  /** first */
  A
  /** second */
  B
}
/** A constant. */
const i32 C = 5
/** A typedef. */
typedef i32 T
/** An exception. */
exception X { 1: string why }
/** A service. */
service S {
  /**
   * A method.
   * In two lines.
   */
  void m(1: i32 a /** of nothing */) throws (1: X x)
}
