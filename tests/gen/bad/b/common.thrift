# SPDX-License-Identifier: Apache-2.0
# Only derived names are those of a/common.thrift.
struct Red { }
const i32 color_RED = 1
