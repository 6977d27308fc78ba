# SPDX-License-Identifier: Apache-2.0
typedef Later Sooner
typedef list<Sooner> Sooners
typedef map<Number, Sooners> Index
typedef i32 Number
struct Later {
  1: Number n
  2: Index index
  3: Sooners more
}
typedef Colour Paint
enum Colour { RED, GREEN }
const Paint WALL = Colour.GREEN
const Number TEN = 10
service Uses { Index ask(1: Number n, 2: Sooner s, 3: Paint p) }
