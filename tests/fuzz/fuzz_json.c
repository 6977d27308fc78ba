/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: JSON by field name.
 */
#include "fuzz_wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct tf_arena *a = tf_arena_new(FUZZ_LIMIT);
	struct sample_all value;
	const char *why = NULL;

	if (tf_decode(&sample_all_type, TF_JSON, bytes, len, a, &value,
	    &why) >= 0) {
		fuzz_again(TF_JSON, &value);
		fuzz_again(TF_COMPACT, &value);
		fuzz_again(TF_BINARY, &value);
	} else if (why == NULL) {
		abort();
	}
	tf_arena_free(a);
	return 0;
}
