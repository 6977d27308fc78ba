/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a struct, and a message's head, in the compact protocol.
 */
#include "fuzz_wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct tf_arena *a = tf_arena_new(FUZZ_LIMIT);
	struct sample_all value;
	struct wire_reader r;
	struct wire_msg m;
	const char *why = NULL;
	ptrdiff_t n;

	n = tf_decode(&sample_all_type, TF_COMPACT, bytes, len, a, &value,
	    &why);
	if (n >= 0)
		fuzz_again(TF_COMPACT, &value);
	else if (why == NULL)
		abort();
	if (a->held > FUZZ_LIMIT)
		abort();
	fuzz_skip(wire_compact(), bytes, len, n);
	wire_reader_init(&r, bytes, len, a, 64);
	if (wire_compact()->read_msg(&r, &m) == 0 &&
	    (const uint8_t *)m.name.s + m.name.len > r.end)
		abort();
	tf_arena_free(a);
	return 0;
}
