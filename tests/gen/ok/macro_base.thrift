# SPDX-License-Identifier: Apache-2.0
const i32 port = 81
