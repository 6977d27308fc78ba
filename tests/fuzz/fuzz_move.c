/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the record of a connection that moves.  Whatever the bytes are,
 * reading them stays within them; what is understood says the same again once
 * it has been written and read.
 */
#include <stdlib.h>
#include <string.h>

#include "serve/move_record.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	if (a_len != b_len || (a_len > 0 && memcmp(a, b, a_len) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[ORDER_RECORD];
	struct move_record a, b;

	if (move_record_get(&a, data, size) == -1)
		return 0;
	if (move_record_get(&b, bytes, move_record_put(bytes, &a, 1)) == -1)
		abort();
	same(a.in, a.in_len, b.in, b.in_len);
	same(a.out, a.out_len, b.out, b.out_len);
	if (a.kind != b.kind || strcmp(a.peer, b.peer) != 0 ||
	    memcmp(&a.cred, &b.cred, sizeof(a.cred)) != 0 ||
	    a.left_ns != b.left_ns)
		abort();
	return 0;
}
