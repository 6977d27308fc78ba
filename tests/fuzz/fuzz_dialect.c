/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: what a connection begins with.  What is told from some bytes is
 * told from more of them too, and enough bytes always tell.
 */
#include <stdlib.h>

#include "wire/dialect.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum dialect d, before = DIALECT_MORE;

	for (size_t n = 0; n <= len && n <= 2 * DIALECT_BYTES; n++) {
		d = dialect_of(bytes, n);
		if (before != DIALECT_MORE && d != before)
			abort();
		if (d == DIALECT_MORE && n >= DIALECT_BYTES)
			abort();
		before = d;
	}
	if (dialect_in_frame(bytes, len) == DIALECT_MORE ||
	    dialect_name(before) == NULL)
		abort();
	return 0;
}
