/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the JSON protocol.  Bytes that begin with a bracket are a
 * message, all others a value.
 */
#include "fuzz_wire.h"

static void
fuzz_message(const uint8_t *bytes, size_t len)
{
	struct tf_arena *a = tf_arena_new(FUZZ_LIMIT);
	const struct wire_proto *wp = wire_json();
	struct wire_reader r;
	struct wire_msg m;

	wire_reader_init(&r, bytes, len, a, WIRE_MAX_DEPTH);
	if (wp->read_msg(&r, &m) == 0 && wp->skip_struct(&r) == 0)
		wp->read_end(&r);
	if (r.p < bytes || r.p > bytes + len ||
	    (r.err == WIRE_OK) != (r.why == NULL))
		abort();
	tf_arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct tf_arena *a = tf_arena_new(FUZZ_LIMIT);
	struct sample_all value;
	const char *why = NULL;
	ptrdiff_t n;

	if (len > 0 && *bytes == '[')
		fuzz_message(bytes, len);
	n = tf_decode(&sample_all_type, TF_TJSON, bytes, len, a, &value, &why);
	if (n == -1 && why == NULL)
		abort();
	fuzz_skip(wire_json(), bytes, len, n);
	if (n >= 0) {
		fuzz_again(TF_TJSON, &value);
		fuzz_again(TF_BINARY, &value);
	}
	tf_arena_free(a);
	return 0;
}
