# SPDX-License-Identifier: Apache-2.0
include "common.thrift"
struct Holder { 1: common.Left left, 2: list<common.Left> lefts }
