# SPDX-License-Identifier: Apache-2.0
include "extends.thrift"
include "shared_base.thrift"
include "a/common.thrift"
struct All {
  1: extends.Mine mine
  2: list<shared_base.Mode> modes
  3: list<list<shared_base.Shared>> grid
  4: common.Left left
}
