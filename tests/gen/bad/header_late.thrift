# SPDX-License-Identifier: Apache-2.0
struct A { }
include "nothing.thrift"
