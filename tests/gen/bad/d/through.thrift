# SPDX-License-Identifier: Apache-2.0
include "../c/common.thrift"
struct Holder { 1: common.Thing thing }
