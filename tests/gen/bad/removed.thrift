# SPDX-License-Identifier: Apache-2.0
cpp_namespace x
senum S { "a" }
typedef slist T
