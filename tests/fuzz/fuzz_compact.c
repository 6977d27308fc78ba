/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a struct, and a message's head, in the compact protocol, of
 * which there are two builds.
 */
#include "fuzz_wire.h"
#include "wire/compact.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	compact_choose(true);
	fuzz_wire(TF_COMPACT, wire_compact(), bytes, len);
	compact_choose(false);
	return fuzz_wire(TF_COMPACT, wire_compact(), bytes, len);
}
