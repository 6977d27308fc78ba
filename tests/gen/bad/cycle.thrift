# SPDX-License-Identifier: Apache-2.0
include "cycle2.thrift"
