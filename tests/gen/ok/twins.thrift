# SPDX-License-Identifier: Apache-2.0
include "a/common.thrift"
include "c/through.thrift"
struct Twins { 1: common.Left left, 2: through.Holder holder }
