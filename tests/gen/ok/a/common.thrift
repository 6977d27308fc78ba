# SPDX-License-Identifier: Apache-2.0
include "../b/common.thrift"
struct Left { 1: common.Right r, 2: list<common.Right> rs }
