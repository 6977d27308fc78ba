/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of both wire protocols do with bytes: decode them as
 * the type that has everything; what decodes must survive encoding, and must
 * be skipped as what it was read as.
 */
#ifndef TESTS_FUZZ_FUZZ_WIRE_H
#define TESTS_FUZZ_FUZZ_WIRE_H

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "wire/wire.h"
#include "../wire/sample.h"

#define FUZZ_LIMIT	((size_t)1 << 20)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static inline void
fuzz_again(enum tf_protocol proto, const void *value)
{
	struct tf_arena *a = tf_arena_new(0);
	struct tf_str s;
	struct sample_all back;

	/* A union without a member is read, and not written. */
	if (tf_encode(&sample_all_type, proto, value, a, &s, NULL) == 0 &&
	    (tf_decode(&sample_all_type, proto, s.s, s.len, a, &back,
	    NULL) != (ptrdiff_t)s.len ||
	    !tf_equal(&sample_all_type, value, &back)))
		abort();
	tf_arena_free(a);
}

static inline void
fuzz_skip(const struct wire_proto *wp, const uint8_t *bytes, size_t len,
    ptrdiff_t read)
{
	struct tf_arena *a = tf_arena_new(FUZZ_LIMIT);
	struct wire_reader r;

	wire_reader_init(&r, bytes, len, a, WIRE_MAX_DEPTH);
	if (wp->skip_struct(&r) == 0) {
		if (read >= 0 && r.p != bytes + read)
			abort();
	} else if (read >= 0 && r.err != WIRE_TOO_DEEP) {
		abort();
	}
	tf_arena_free(a);
}

/* A struct, and a message's head. */
static inline int
fuzz_wire(enum tf_protocol proto, const struct wire_proto *wp,
    const uint8_t *bytes, size_t len)
{
	struct tf_arena *a = tf_arena_new(FUZZ_LIMIT);
	struct sample_all value;
	struct wire_reader r;
	struct wire_msg m;
	const char *why = NULL;
	ptrdiff_t n;

	n = tf_decode(&sample_all_type, proto, bytes, len, a, &value, &why);
	if (n >= 0)
		fuzz_again(proto, &value);
	else if (why == NULL)
		abort();
	if (a->held > FUZZ_LIMIT)
		abort();
	fuzz_skip(wp, bytes, len, n);
	wire_reader_init(&r, bytes, len, a, 64);
	if (wp->read_msg(&r, &m) == 0 &&
	    (const uint8_t *)m.name.s + m.name.len > r.end)
		abort();
	tf_arena_free(a);
	return 0;
}

#endif
