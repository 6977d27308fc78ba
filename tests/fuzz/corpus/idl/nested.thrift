# SPDX-License-Identifier: Apache-2.0
struct Deep {
  1: list<list<list<list<list<list<list<list<list<list<map<string, set<list<list<list<list<list<list<list<list<list<list<
     list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<list<i32
     >>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>> x
}
