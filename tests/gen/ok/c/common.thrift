# SPDX-License-Identifier: Apache-2.0
# As a/common.thrift, with types of the same names.
namespace c c_common
struct Left { 1: i32 x = 7 }
exception Gone { 1: Left what }
