# SPDX-License-Identifier: Apache-2.0
include "a/common.thrift"
include "b/common.thrift"
struct All { 1: common.Red red }
