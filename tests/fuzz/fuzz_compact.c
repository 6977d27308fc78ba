/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a struct, and a message's head, in the compact protocol.
 */
#include "fuzz_wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	return fuzz_wire(TF_COMPACT, wire_compact(), bytes, len);
}
