/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two sides of the codec benchmark.  Both decode the same bytes, the same
 * number of times, each in the way a server would: a fresh value per message,
 * memory reused where the library offers it.
 */
#ifndef TESTS_BENCH_CODEC_H
#define TESTS_BENCH_CODEC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum codec_proto { CODEC_COMPACT, CODEC_BINARY };

/* The types that something is decoded as. */
enum codec_type {
	CODEC_BATCH, CODEC_OLD_BATCH, CODEC_SMALL, CODEC_NUMBERS, CODEC_LINES,
	CODEC_NODE, CODEC_FOOTER
};

struct codec_side {
	const char *name;
	void (*decode)(enum codec_type, enum codec_proto, const void *bytes,
	    size_t len, int times);
	/* Encodes the last value of the type that was decoded; its bytes. */
	const void *(*encode)(enum codec_type, enum codec_proto, int times,
	    size_t *len);
};

extern const struct codec_side codec_apache, codec_ours;

struct codec_row {
	const char	*name;
	enum codec_type	 type;
	/* The bytes to decode, which stay; NULL: no such value is here. */
	const void	*(*bytes)(enum codec_proto, size_t *len);
};

extern const struct codec_row codec_rows[];	/* the last has no name */

#ifdef __cplusplus
}
#endif
#endif
