/* SPDX-License-Identifier: Apache-2.0 */
/* The arena and the reader that tests of the protocols decode with. */
#include "unit_wire.h"

#include <stdlib.h>
#include <string.h>

#include "../wire/sample.h"

struct tf_arena *arena;
struct wire_reader reader;

static void
setup(void)
{
	arena = tf_arena_new(1 << 20);
}

static void
teardown(void)
{
	tf_arena_free(arena);
}

TCase *
unit_wire_case(Suite *s, const char *name)
{
	TCase *t = unit_case(s, name);

	tcase_add_checked_fixture(t, setup, teardown);
	return t;
}

void *
exact_copy(const void *bytes, size_t len)
{
	void *exact = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, bytes, len);
	return exact;
}

int
unit_decode(const struct wire_proto *proto, const struct tf_type *t,
    const void *bytes, size_t len, void *value, unsigned depth)
{
	void *exact = exact_copy(bytes, len);
	int rc;

	wire_reader_init(&reader, exact, len, arena, depth);
	rc = proto->read(&reader, plan_get(t), value);
	if (rc == 0)
		ck_assert_ptr_eq(reader.p, reader.end);
	free(exact);
	return rc;
}

static int
skip(const struct wire_proto *proto, const void *bytes, size_t len)
{
	wire_reader_init(&reader, bytes, len, arena, 64);
	return proto->skip_struct(&reader);
}

void
unit_prefixes(const struct wire_proto *proto, enum tf_protocol protocol)
{
	struct sample_all a;
	struct tf_str s;

	ck_assert_int_eq(tf_encode(&sample_all_type, protocol,
	    sample_all_full(), arena, &s, NULL), 0);
	for (size_t n = 0; n < s.len; n++) {
		ck_assert_int_eq(unit_decode(proto, &sample_all_type, s.s, n,
		    &a, 64), -1);
		ck_assert_int_eq(reader.err, WIRE_SHORT);
		ck_assert_int_eq(skip(proto, s.s, n), -1);
	}
	ck_assert_int_eq(unit_decode(proto, &sample_all_type, s.s, s.len, &a,
	    64), 0);
	ck_assert(tf_equal(&sample_all_type, &a, sample_all_full()));
	ck_assert_int_eq(skip(proto, s.s, s.len), 0);
	ck_assert_ptr_eq(reader.p, reader.end);
}
