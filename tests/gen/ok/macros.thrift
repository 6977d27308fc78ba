# SPDX-License-Identifier: Apache-2.0
# What this file and those it includes define as macros, as other names.
include "macro_base.thrift"
namespace c macro
struct Env {
  1: i32 MACRO_PORT, 2: i32 MACRO_BASE_PORT, 3: i32 TF_ABI, 4: i32 TF_MAGIC,
  5: i32 TF_T_I32, 6: string MACRO_LATE_INIT, 7: optional i32 MACRO_PORT_
}
union Choice { 1: i32 MACRO_PORT, 2: i32 TF_LATER }
exception Failure { 1: i32 MACRO_PORT }
struct Late { 1: i32 a = 7 }
service Macros {
  i32 MACRO_PORT(1: i32 TF_STR, 2: i32 MACRO_BASE_PORT)
      throws (1: Failure MACRO_PORT)
  void TF_PUSH(1: i32 TF_PUSH), void OFF(1: i32 OFF), i32 plans()
}
const i32 port = 80
const Env env = { "MACRO_PORT": 1, "MACRO_BASE_PORT": 2, "TF_ABI": 3 }
