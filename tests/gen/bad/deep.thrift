# SPDX-License-Identifier: Apache-2.0
struct A { 1: optional A a = {"a": {}} }
