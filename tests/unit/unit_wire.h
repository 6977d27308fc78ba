/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the protocols share: an arena of a megabyte for each test,
 * and decoding from memory that ends where the bytes do, so that a sanitizer
 * sees what is read past them.
 */
#ifndef TESTS_UNIT_WIRE_H
#define TESTS_UNIT_WIRE_H

#include <stddef.h>

#include "lib/unit.h"
#include "wire/wire.h"

extern struct tf_arena *arena;
extern struct wire_reader reader;	/* as the last decoding left it */

/* A test case in the suite; each of its tests has the arena to itself. */
TCase	*unit_wire_case(Suite *, const char *name);

/* A block of just that size, for the caller to free. */
void	*exact_copy(const void *, size_t);

/* 0 if all bytes have been used, or -1 with the reason in reader. */
int	 unit_decode(const struct wire_proto *, const struct tf_type *,
	    const void *bytes, size_t len, void *value, unsigned depth);

/* The value that has everything: no part of its bytes is read or skipped. */
void	 unit_prefixes(const struct wire_proto *, enum tf_protocol);

/*
 * A value of len bytes ends wherever a buffer may: it is written if it fits,
 * else nothing is.
 */
void	 unit_limits(const struct wire_proto *, const struct tf_type *,
	    const void *value, size_t len);

/*
 * The same for maps of texts, which cross the end in any of their parts; heads:
 * what stands before a map, and before a short text.
 */
void	 unit_limits_of_texts(const struct wire_proto *, size_t map_head,
	    size_t head);

/* Bytes as a literal, NUL bytes and all. */
#define DECODES(proto, type, lit, v)					\
	ck_assert_msg(unit_decode(proto, type, lit, sizeof(lit) - 1, v,	\
	    64) == 0, "%s", reader.why)
#define REFUSES(proto, type, lit, v, error) do {			\
	ck_assert_int_eq(unit_decode(proto, type, lit, sizeof(lit) - 1,	\
	    v, 64), -1);						\
	ck_assert_int_eq(reader.err, error);				\
	ck_assert_ptr_nonnull(reader.why);				\
} while (0)

#endif
