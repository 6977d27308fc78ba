/* SPDX-License-Identifier: Apache-2.0 */
/* The arena and the reader that tests of the protocols decode with. */
#include "unit_wire.h"

#include <stdlib.h>
#include <string.h>

#include "../wire/sample.h"
#include "wire/write.h"

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

void
unit_limits(const struct wire_proto *proto, const struct tf_type *t,
    const void *value, size_t len)
{
	const char *why;
	struct buf b;

	/* In a buffer that grows, and in one that has its size. */
	for (size_t i = 0; i < 2 * (len + 8); i++) {
		size_t max = i / 2;

		buf_init(&b, max);
		if (i % 2 == 1 && max > 0)
			ck_assert_ptr_nonnull(buf_need(&b, max));
		ck_assert_int_eq(proto->write(&b, plan_get(t), value, &why),
		    max < len ? -1 : 0);
		ck_assert_uint_eq(b.len, max < len ? 0 : len);
		buf_fini(&b);
	}
}

void
unit_limits_of_texts(const struct wire_proto *proto, size_t map_head,
    size_t head)
{
	static char text[200];
	const size_t lens[] = { 0, 4, 15, WRITE_SHORT, WRITE_SHORT + 1, 200 };
	struct tf_str texts[2 * WRITE_TEXTS + 2];
	const size_t n = sizeof(texts) / sizeof(*texts);
	struct sample_map_str_str map = { (void *)texts, n / 2, n / 2 };
	size_t len;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		/* One text that is perhaps long, among short ones. */
		len = head * n + map_head;
		for (size_t k = 0; k < n; k++) {
			texts[k] = (struct tf_str){ text,
			    k == n / 2 ? lens[i] : WRITE_SHORT };
			len += texts[k].len;
		}
		if (lens[i] >= 0x80 && proto == wire_compact())
			len++;
		unit_limits(proto, &sample_map_str_str_type, &map, len);
	}
}
