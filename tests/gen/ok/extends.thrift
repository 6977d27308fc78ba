# SPDX-License-Identifier: Apache-2.0
include "shared_base.thrift"
service Middle extends shared_base.Base {
  shared_base.SharedMap all()
}
service Top extends Middle {
  list<shared_base.Mode> modes(1: list<list<shared_base.Shared>> x)
}
service Same extends Middle { }
struct Mine {
  1: shared_base.Shared s
  2: optional shared_base.Shared t
  3: list<shared_base.Shared> u
  4: map<string, shared_base.Shared> v
  5: shared_base.Mode m = shared_base.Mode.ON
  6: i32 limit = shared_base.LIMIT
  7: set<shared_base.Mode> w
}
