/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our side of the codec benchmark, and the value that both sides work on.  The
 * tables are what thriftfork-gen writes for codec.thrift.
 */
#include "codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "wire/wire.h"

#define ITEMS	100

struct entry {
	struct tf_str key, val;
};
struct map_str_str {
	struct entry	*v;
	uint32_t	 n, cap;
};
struct item {
	bool			has_digest;
	int64_t			id;
	struct tf_str		name;
	double			score;
	struct tf_list_i32	counts;
	struct map_str_str	labels;
	bool			active;
	struct tf_str		digest;
};
struct list_item {
	struct item	*v;
	uint32_t	 n, cap;
};
struct batch {
	struct list_item	items;
};

static void *plans[5];

static const struct tf_type counts_type = {
	.plan = &plans[0], .key = { NULL, 0, TF_T_I32 }, .size = 16,
	.entry = 4, .kind = TF_T_LIST,
};
static const struct tf_type labels_type = {
	.plan = &plans[1], .key = { NULL, 0, TF_T_STRING },
	.val = { NULL, offsetof(struct entry, val), TF_T_STRING }, .size = 16,
	.entry = sizeof(struct entry), .kind = TF_T_MAP,
};
static const struct tf_field item_fields[] = {
	{ "id", NULL, offsetof(struct item, id), 0, 1, TF_T_I64, 0 },
	{ "name", NULL, offsetof(struct item, name), 0, 2, TF_T_STRING, 0 },
	{ "score", NULL, offsetof(struct item, score), 0, 3, TF_T_DOUBLE, 0 },
	{ "counts", &counts_type, offsetof(struct item, counts), 0, 4,
	    TF_T_LIST, 0 },
	{ "labels", &labels_type, offsetof(struct item, labels), 0, 5,
	    TF_T_MAP, 0 },
	{ "active", NULL, offsetof(struct item, active), 0, 6, TF_T_BOOL, 0 },
	{ "digest", NULL, offsetof(struct item, digest),
	    offsetof(struct item, has_digest), 7, TF_T_BINARY, TF_OPTIONAL },
};
static const struct tf_type item_type = {
	.name = "Item", .fields = item_fields, .plan = &plans[2],
	.size = sizeof(struct item), .n = 7, .kind = TF_T_STRUCT,
};
static const struct tf_type items_type = {
	.plan = &plans[3], .key = { &item_type, 0, TF_T_STRUCT }, .size = 16,
	.entry = sizeof(struct item), .kind = TF_T_LIST,
};
static const struct tf_field batch_fields[] = {
	{ "items", &items_type, offsetof(struct batch, items), 0, 1,
	    TF_T_LIST, 0 },
};
static const struct tf_type batch_type = {
	.name = "Batch", .fields = batch_fields, .plan = &plans[4],
	.size = sizeof(struct batch), .n = 1, .kind = TF_T_STRUCT,
};

static struct tf_arena arena;
static struct batch last;

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

/* The numbers are spread over all lengths that varints of ids have. */
static void
fill_item(struct tf_arena *a, struct item *x, int i)
{
	struct entry *e;

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

const void *
codec_bytes(enum codec_proto proto, size_t *len)
{
	static struct tf_arena *a;
	static struct batch b;
	struct buf out;
	const char *why = NULL;

	if (a == NULL) {
		a = tf_arena_new(0);
		for (int i = 0; i < ITEMS; i++)
			fill_item(a, TF_PUSH(a, &b.items), i);
	}
	buf_init(&out, 1 << 20);
	if (proto_of(proto)->write(&out, plan_get(&batch_type), &b, &why))
		die("encode", why);
	*len = out.len;
	return out.p;
}

static uint64_t
decode(enum codec_proto proto, const void *bytes, size_t len, int times)
{
	const struct wire_proto *wp = proto_of(proto);
	const struct plan *pl = plan_get(&batch_type);
	struct wire_reader r;
	uint64_t sum = 0;

	while (times-- > 0) {
		tf_arena_reset(&arena);
		wire_reader_init(&r, bytes, len, &arena, 64);
		if (wp->read(&r, pl, &last) == -1)
			die("decode", r.why);
		sum += last.items.n + (uint64_t)last.items.v[99].id +
		    last.items.v[99].digest.len;
	}
	return sum;
}

static size_t
encode(enum codec_proto proto, int times)
{
	static struct buf out = { .max = 1 << 20 };
	const struct wire_proto *wp = proto_of(proto);
	const struct plan *pl = plan_get(&batch_type);
	const char *why = NULL;

	while (times-- > 0) {
		buf_reset(&out, SIZE_MAX);
		if (wp->write(&out, pl, &last, &why) == -1)
			die("encode", why);
	}
	return out.len;
}

const struct codec_side codec_ours = { "thriftfork", decode, encode };
