# SPDX-License-Identifier: Apache-2.0
include "there_is_no_such_file.thrift"
struct A { 1: there_is_no_such_file.B b }
