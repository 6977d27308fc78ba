# SPDX-License-Identifier: Apache-2.0
struct Other { }
struct Thing { 1: string x }
