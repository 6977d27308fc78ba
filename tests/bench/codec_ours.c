/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our side of the codec benchmark: what a worker calls, with code that
 * thriftfork-gen writes.
 */
#include "codec.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "codec.tf.h"
#include "parquet.tf.h"
#include "wire/wire.h"

static const struct tf_type *const types[] = {
	[CODEC_BATCH] = &codec_batch_type,
	[CODEC_OLD_BATCH] = &codec_old_batch_type,
	[CODEC_SMALL] = &codec_small_type,
	[CODEC_NUMBERS] = &codec_numbers_type,
	[CODEC_LINES] = &codec_lines_type,
	[CODEC_NODE] = &codec_node_type,
	[CODEC_FOOTER] = &parquet_file_meta_data_type,
};

static struct tf_arena arena;

/* The last one decoded; the longest type is a footer. */
static union {
	struct codec_batch			batch;
	struct codec_numbers			numbers;
	struct parquet_file_meta_data		footer;
} last;

static const struct wire_proto *
proto_of(enum codec_proto proto)
{
	return proto == CODEC_COMPACT ? wire_compact() : wire_binary();
}

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why != NULL ? why : "?");
	exit(1);
}

static void
decode(enum codec_type type, enum codec_proto proto, const void *bytes,
    size_t len, int times)
{
	const struct wire_proto *wp = proto_of(proto);
	const struct plan *pl = plan_get(types[type]);
	struct wire_reader r;

	if (types[type]->size > sizeof(last))
		die("decode", "there is no room for the type");
	while (times-- > 0) {
		tf_arena_reset(&arena);
		wire_reader_init(&r, bytes, len, &arena, 64);
		if (wp->read(&r, pl, &last) == -1)
			die("decode", r.why);
	}
}

static const void *
encode(enum codec_type type, enum codec_proto proto, int times, size_t *len)
{
	static struct buf out = { .max = 1 << 20 };
	const struct wire_proto *wp = proto_of(proto);
	const struct plan *pl = plan_get(types[type]);
	const char *why = NULL;
	static size_t at;

	at = (at + 448) % 4096;		/* as the input, elsewhere each time */
	while (times-- > 0) {
		buf_reset(&out, SIZE_MAX);
		if (buf_need(&out, 4096) == NULL)
			die("encode", "no memory");
		out.len = at;
		if (wp->write(&out, pl, &last, &why) == -1)
			die("encode", why);
	}
	*len = out.len - at;
	return out.p + at;
}

const struct codec_side codec_ours = { "thriftfork", decode, encode };
