/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the record of a connection that moves.  Whatever the bytes are,
 * reading them stays within them; what is understood says the same again once
 * it has been written and read.
 */
#include <stdlib.h>
#include <string.h>

#include "serve/move_record.h"
#include "serve/persistent.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	if (a_len != b_len || (a_len > 0 && memcmp(a, b, a_len) != 0))
		abort();
}

/* Headers that are understood come out as they went in. */
static void
check_headers(const struct move_record *r)
{
	struct persistent *p, *again;

	if (persistent_get(&p, r->headers, r->headers_len) == -1)
		return;
	if (p == NULL) {
		if (r->headers_len != 0)
			abort();
		return;
	}
	if (persistent_get(&again, p->bytes, p->len) == -1)
		abort();
	same(p->bytes, p->len, again->bytes, again->len);
	persistent_free(again);
	persistent_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[ORDER_RECORD];
	struct move_record a, b;

	if (move_record_get(&a, data, size) == -1)
		return 0;
	if (move_record_get(&b, bytes, move_record_put(bytes, &a, 2)) == -1)
		abort();
	same(a.in, a.in_len, b.in, b.in_len);
	same(a.out, a.out_len, b.out, b.out_len);
	same(a.headers, a.headers_len, b.headers, b.headers_len);
	check_headers(&a);
	if (a.kind != b.kind || strcmp(a.peer, b.peer) != 0 ||
	    memcmp(&a.cred, &b.cred, sizeof(a.cred)) != 0 ||
	    a.left_ns != b.left_ns)
		abort();
	return 0;
}
