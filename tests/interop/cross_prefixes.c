/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message that was cut short is an error, wherever it was cut: decodes every
 * proper prefix of a Parquet footer, and of the same footer in the other
 * protocols.  Each prefix stands in a block of exactly its size, so that a
 * sanitizer sees the first byte read beyond it.
 *
 *	cross_prefixes FILE.tcompact
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parquet.tf.h"

#define MAX_FILE	65536

static const struct tf_type *const type = &parquet_file_meta_data_type;

static struct tf_str
read_file(const char *path)
{
	static char bytes[MAX_FILE];
	struct tf_str s = { bytes, 0 };
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		err(2, "%s", path);
	s.len = fread(bytes, 1, sizeof(bytes), f);
	if (ferror(f) || s.len == sizeof(bytes))
		errx(2, "%s: cannot be read, or is too large", path);
	fclose(f);
	return s;
}

/* Whether the first n bytes decode. */
static bool
decodes(enum tf_protocol proto, struct tf_str whole, size_t n,
    struct tf_arena *arena)
{
	struct parquet_file_meta_data meta;
	char *block = malloc(n > 0 ? n : 1);
	const char *why = NULL;
	ptrdiff_t got;

	if (block == NULL)
		err(2, NULL);
	memcpy(block, whole.s, n);
	/* Where there are no bytes, the first is already beyond the block. */
	got = tf_decode(type, proto, n > 0 ? block : block + 1, n, arena,
	    &meta, &why);
	free(block);
	if (got == -1 && (why == NULL || *why == '\0'))
		errx(1, "the first %zu bytes fail without a reason", n);
	if (got != -1 && (size_t)got != n)
		errx(1, "%zd of %zu bytes were read", got, n);
	return got != -1;
}

static void
try_prefixes(enum tf_protocol proto, const char *name, struct tf_str whole)
{
	struct tf_arena *arena = tf_arena_new(0);

	for (size_t n = 0; n < whole.len; n++) {
		if (decodes(proto, whole, n, arena))
			errx(1, "the first %zu of %zu bytes are valid %s", n,
			    whole.len, name);
		tf_arena_reset(arena);
	}
	if (!decodes(proto, whole, whole.len, arena))
		errx(1, "the whole is not valid %s", name);
	printf("%s: %zu prefixes\n", name, whole.len);
	tf_arena_free(arena);
}

static struct tf_str
recode(struct tf_str compact, enum tf_protocol proto, struct tf_arena *arena)
{
	struct parquet_file_meta_data meta;
	struct tf_str out;
	const char *why;

	if (tf_decode(type, TF_COMPACT, compact.s, compact.len, arena, &meta,
	    &why) == -1 ||
	    tf_encode(type, proto, &meta, arena, &out, &why) == -1)
		errx(1, "%s", why);
	return out;
}

int
main(int argc, char **argv)
{
	struct tf_arena *arena = tf_arena_new(0);
	struct tf_str compact;

	if (argc != 2)
		errx(2, "usage: cross_prefixes FILE.tcompact");
	compact = read_file(argv[1]);
	try_prefixes(TF_COMPACT, "compact", compact);
	try_prefixes(TF_BINARY, "binary", recode(compact, TF_BINARY, arena));
	try_prefixes(TF_JSON, "JSON", recode(compact, TF_JSON, arena));
	tf_arena_free(arena);
	return 0;
}
