/* SPDX-License-Identifier: Apache-2.0 */
/* The arena and the reader that tests of the protocols decode with. */
#include "unit_wire.h"

#include <stdlib.h>
#include <string.h>

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
