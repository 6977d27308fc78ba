# SPDX-License-Identifier: Apache-2.0
include "a/common.thrift"
include "d/through.thrift"
struct All { 1: common.Thing thing, 2: through.Holder holder }
