/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two sides of the codec benchmark.  Both decode the same bytes, the same
 * number of times, each in the way a server would: a fresh value per message,
 * memory reused where the library offers it.
 */
#ifndef TESTS_BENCH_CODEC_H
#define TESTS_BENCH_CODEC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum codec_proto { CODEC_COMPACT, CODEC_BINARY };

struct codec_side {
	const char *name;
	/* Decodes times over; a checksum of what came out. */
	uint64_t (*decode)(enum codec_proto, const void *, size_t, int times);
	/* Encodes the last value decoded; the size of one message. */
	size_t (*encode)(enum codec_proto, int times);
};

extern const struct codec_side codec_apache, codec_ours;

/* The bytes of the benchmark's value; lives until the program ends. */
const void *codec_bytes(enum codec_proto, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
