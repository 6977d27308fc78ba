/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of the codec benchmark, a row of its table each.  Numbers are
 * spread over all the lengths that varints of their kind of number have.
 */
#include "codec.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec.tf.h"
#include "parquet.tf.h"

#define ITEMS	100
#define NUMBERS	1000
#define LINES	100
#define DEPTH	30

static struct tf_arena *arena;

static struct tf_arena *
memory(void)
{
	if (arena == NULL)
		arena = tf_arena_new(0);
	return arena;
}

static const void *
encoded(const struct tf_type *type, const void *value, enum codec_proto proto,
    size_t *len)
{
	struct tf_str bytes;
	const char *why;

	if (tf_encode(type, proto == CODEC_COMPACT ? TF_COMPACT : TF_BINARY,
	    value, memory(), &bytes, &why) == -1) {
		fprintf(stderr, "%s: %s\n", type->name, why);
		exit(1);
	}
	*len = bytes.len;
	return bytes.s;
}

static void
fill_item(struct tf_arena *a, struct codec_item *x, int i)
{
	struct tf_map_str_str_entry *e;

	x->id = 1000003ll * i * i * i;
	x->name = tf_strf(a, "item number %d", i);
	x->score = i / 7.0;
	x->active = i % 3 != 0;
	x->has_digest = true;
	x->digest = tf_strf(a, "%032d", i);
	for (int k = 0; k < 8; k++)
		*TF_PUSH(a, &x->counts) = (i * 37 + k * 1001) % 20000 - 3000;
	for (int k = 0; k < 4; k++) {
		e = TF_PUSH(a, &x->labels);
		e->key = tf_strf(a, "key-%d", k);
		e->val = tf_strf(a, "value %d of %d", k, i);
	}
}

static const void *
batch(enum codec_proto proto, size_t *len)
{
	struct codec_batch b = { 0 };

	for (int i = 0; i < ITEMS; i++)
		fill_item(memory(), TF_PUSH(memory(), &b.items), i);
	return encoded(&codec_batch_type, &b, proto, len);
}

static const void *
small(enum codec_proto proto, size_t *len)
{
	struct codec_small x = { .count = 5, .id = 12345, .active = true,
	    .name = TF_STR("twenty characters ok") };

	return encoded(&codec_small_type, &x, proto, len);
}

static const void *
numbers(enum codec_proto proto, size_t *len)
{
	struct codec_numbers x = { 0 };
	struct tf_arena *a = memory();

	for (int i = 0; i < NUMBERS; i++) {
		*TF_PUSH(a, &x.ints) = (int32_t)(i * 2654435761u) >> i % 28;
		*TF_PUSH(a, &x.longs) =
		    (int64_t)(i * 0x9e3779b97f4a7c15ull) >> i % 60;
		*TF_PUSH(a, &x.doubles) = i / 7.0;
	}
	return encoded(&codec_numbers_type, &x, proto, len);
}

static const void *
lines(enum codec_proto proto, size_t *len)
{
	struct codec_lines x = { 0 };
	struct tf_arena *a = memory();

	for (int i = 0; i < LINES; i++)
		*TF_PUSH(a, &x.lines) = tf_strf(a, "%0*d", 20 + i * 37 % 135,
		    i);
	return encoded(&codec_lines_type, &x, proto, len);
}

static const void *
nested(enum codec_proto proto, size_t *len)
{
	struct codec_node top = { 0 }, *x = &top;

	for (int i = 0; i < DEPTH; i++) {
		x->value = i * 1000;
		x = TF_PUSH(memory(), &x->below);
	}
	return encoded(&codec_node_type, &top, proto, len);
}

/* Of a file that others wrote. */
static const void *
footer(enum codec_proto proto, size_t *len)
{
	static char bytes[64 * 1024];
	const char *dir = getenv("TF_CORPUS"), *why;
	struct parquet_file_meta_data x;
	char path[4096];
	size_t n;
	FILE *f;

	if (dir == NULL)
		return NULL;
	snprintf(path, sizeof(path),
	    "%s/parquet/nonnullable.impala.parquet.tcompact", dir);
	if ((f = fopen(path, "rb")) == NULL)
		return NULL;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	if (tf_decode(&parquet_file_meta_data_type, TF_COMPACT, bytes, n,
	    memory(), &x, &why) == -1) {
		fprintf(stderr, "%s: %s\n", path, why);
		exit(1);
	}
	return encoded(&parquet_file_meta_data_type, &x, proto, len);
}

const struct codec_row codec_rows[] = {
	{ "list of 100 structs", CODEC_BATCH, batch },
	{ "the same, 2 of 7 fields known", CODEC_OLD_BATCH, batch },
	{ "small struct", CODEC_SMALL, small },
	{ "3 lists of 1000 numbers", CODEC_NUMBERS, numbers },
	{ "100 strings of 20 to 154 bytes", CODEC_LINES, lines },
	{ "30 structs within each other", CODEC_NODE, nested },
	{ "footer of a Parquet file", CODEC_FOOTER, footer },
	{ NULL, CODEC_BATCH, NULL },
};
