/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a THeader frame around a payload that is written in place: the
 * length comes last.
 */
#include <string.h>

#include "base/buf.h"
#include "wire/frame.h"
#include "wire/header.h"
#include "wire/transform.h"
#include "wire/varint.h"

#define FIXED_BYTES	10
#define AT_WORDS	(FRAME_HEADER + FIXED_BYTES - 2)
#define MAX_LENGTH	0x3fffffffu

enum {
	INFO_PAIRS = 1,
	INFO_PERSISTENT = 2
};

static uint8_t *
put_16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static void
put_varint(struct buf *b, uint64_t v)
{
	uint8_t *p = buf_need(b, VARINT_MAX);

	if (p != NULL)
		b->len = (size_t)(varint_put(p, v) - b->p);
}

static void
put_str(struct buf *b, struct tf_str s)
{
	put_varint(b, s.len);
	buf_put(b, s.s, s.len);
}

static void
put_pairs(struct buf *b, unsigned kind, const struct header_info *info)
{
	if (info->n == 0)
		return;
	put_varint(b, kind);
	put_varint(b, info->n);
	for (uint32_t i = 0; i < info->n; i++) {
		put_str(b, info->v[i].key);
		put_str(b, info->v[i].value);
	}
}

static void
put_fixed(struct buf *b, const struct header *h)
{
	uint8_t *p = buf_need(b, FRAME_HEADER + FIXED_BYTES);

	if (p == NULL)
		return;
	memset(p, 0, FRAME_HEADER + FIXED_BYTES);
	p = put_16(p + FRAME_HEADER, HEADER_MAGIC);
	p = put_16(p, h->flags);
	p = put_16(p, (uint32_t)h->seqid >> 16);
	put_16(p, (uint32_t)h->seqid & 0xffff);
	b->len += FRAME_HEADER + FIXED_BYTES;
}

static int
give_up(struct buf *b, size_t at, const char **why, const char *reason)
{
	b->len = at;
	*why = reason;
	return -1;
}

int
header_begin(struct buf *b, const struct header *h, const char **why)
{
	size_t at = b->len, size;

	put_fixed(b, h);
	put_varint(b, h->proto);
	put_varint(b, h->n_transforms);
	for (unsigned i = 0; i < h->n_transforms; i++)
		put_varint(b, h->transforms[i]);
	/* Apache's readers stop at an info that they do not know. */
	put_pairs(b, INFO_PAIRS, &h->info);
	put_pairs(b, INFO_PERSISTENT, &h->persistent);
	buf_put(b, "\0\0\0", (at + FRAME_HEADER + FIXED_BYTES - b->len) & 3);
	if (b->over)
		return give_up(b, at, why, "the output is too large");
	size = b->len - at - FRAME_HEADER - FIXED_BYTES;
	if (size > HEADER_MAX_BYTES)
		return give_up(b, at, why, "more headers than a frame holds");
	put_16(b->p + at + AT_WORDS, (uint32_t)(size / 4));
	return 0;
}

/* Puts what the transforms make of the bytes from start in their place. */
static int
transform(struct buf *b, size_t start, const struct header *h,
    struct transform *t, size_t max, const char **why)
{
	struct transform_bytes bytes = { b->p + start, b->len - start };
	int rc;

	if (transform_apply(t, h->transforms, h->n_transforms, &bytes, max,
	    why) != TRANSFORM_DONE)
		return -1;
	if (bytes.p == b->p + start)
		return 0;
	b->len = start;
	rc = buf_put(b, bytes.p, bytes.len);
	transform_trim(t);
	if (rc == -1)
		*why = "the output is too large";
	return rc;
}

int
header_end(struct buf *b, size_t at, const struct header *h,
    struct transform *t, size_t max, const char **why)
{
	size_t start;

	if (b->over)
		return give_up(b, at, why, "the output is too large");
	start = at + FRAME_HEADER + FIXED_BYTES +
	    4 * ((size_t)b->p[at + AT_WORDS] << 8 | b->p[at + AT_WORDS + 1]);
	if (h->n_transforms > 0 && transform(b, start, h, t, max, why) == -1) {
		b->len = at;
		return -1;
	}
	if (b->len - start > max || b->len - at > MAX_LENGTH)
		return give_up(b, at, why, "the payload is too large");
	frame_put(b->p + at, (uint32_t)(b->len - at - FRAME_HEADER));
	return 0;
}
