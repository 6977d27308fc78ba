/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a THeader.  All that is taken is taken through a cursor that ends
 * where the header does, and that remembers the first failure; lengths are
 * compared with what is left, never added to positions.
 */
#include <string.h>

#include "base/arena.h"
#include "wire/app_error.h"
#include "wire/header.h"
#include "wire/transform.h"
#include "wire/varint.h"

#define FIXED_BYTES	10

/* Kinds of infos; what stands behind others has no length. */
enum {
	INFO_PADDING = 0,
	INFO_PAIRS = 1,
	INFO_PERSISTENT = 2
};

struct cursor {
	const uint8_t	*p, *end;
	struct header	*h;
};

static uint32_t
get_16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static int
fail(struct header *h, enum header_err err, const char *why)
{
	if (h->err == HEADER_OK) {
		h->err = err;
		h->why = why;
	}
	return -1;
}

/* 0 after a failure. */
static uint32_t
take_varint(struct cursor *c)
{
	const uint8_t *p;
	uint64_t v;

	if (c->h->err != HEADER_OK)
		return 0;
	if ((p = varint_get(c->p, c->end, &v)) == NULL || p - c->p > 5 ||
	    v > UINT32_MAX) {
		fail(c->h, HEADER_BAD_HEADER,
		    "a varint runs past the header, or past 32 bits");
		return 0;
	}
	c->p = p;
	return (uint32_t)v;
}

/* In the frame; empty after a failure. */
static struct tf_str
take_str(struct cursor *c)
{
	uint32_t n = take_varint(c);
	struct tf_str s = { (const char *)c->p, n };

	if (n > (size_t)(c->end - c->p)) {
		fail(c->h, HEADER_BAD_HEADER, "a string runs past the header");
		s.len = 0;
	}
	c->p += s.len;
	return s;
}

static void
take_transforms(struct cursor *c)
{
	struct header *h = c->h;
	uint32_t n = take_varint(c);

	if (n > HEADER_MAX_TRANSFORMS) {
		fail(h, HEADER_BAD_HEADER, "too many transforms");
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		h->transforms[i] = take_varint(c);
	if (h->err == HEADER_OK)
		h->n_transforms = n;
}

static void
take_pairs(struct cursor *c, struct header_info *info, struct tf_arena *a)
{
	struct header *h = c->h;
	uint32_t n = take_varint(c);
	struct header_pair *pair;

	if (n > (size_t)(c->end - c->p) / 2) {
		fail(h, HEADER_BAD_HEADER, "more pairs than the header holds");
		return;
	}
	if (n > HEADER_MAX_PAIRS - h->info.n - h->persistent.n) {
		fail(h, HEADER_BAD_HEADER, "too many header pairs");
		return;
	}
	header_reserve(info, a, n);
	for (; n > 0; n--) {
		struct tf_str key = take_str(c), value = take_str(c);

		if (h->err != HEADER_OK)
			break;
		pair = &info->v[info->n++];
		pair->key = tf_strn(a, key.s, key.len);
		pair->value = tf_strn(a, value.s, value.len);
	}
}

static void
take_infos(struct cursor *c, struct tf_arena *a)
{
	struct header *h = c->h;

	while (h->err == HEADER_OK && c->p < c->end) {
		switch (take_varint(c)) {
		case INFO_PAIRS:
			take_pairs(c, &h->info, a);
			break;
		case INFO_PERSISTENT:
			take_pairs(c, &h->persistent, a);
			break;
		case INFO_PADDING:
		default:
			return;
		}
	}
}

static bool
is_known(uint32_t proto)
{
	return proto == HEADER_BINARY || proto == HEADER_JSON ||
	    proto == HEADER_COMPACT;
}

static int
check(struct header *h)
{
	if (h->err != HEADER_OK)
		return -1;
	if (!is_known(h->proto))
		return fail(h, HEADER_BAD_PROTOCOL, "no such protocol");
	for (unsigned i = 0; i < h->n_transforms; i++)
		if (!transform_knows(h->transforms[i]))
			return fail(h, HEADER_BAD_TRANSFORM,
			    "no such transform, or it is not built in");
	return 0;
}

int
header_read(struct header *h, const uint8_t *p, size_t len,
    struct tf_arena *a)
{
	struct cursor c = { .h = h };
	size_t size;

	memset(h, 0, sizeof(*h));
	if (len < FIXED_BYTES || get_16(p) != HEADER_MAGIC)
		return fail(h, HEADER_BAD, "no THeader frame");
	h->flags = (uint16_t)get_16(p + 2);
	h->seqid = (int32_t)(get_16(p + 4) << 16 | get_16(p + 6));
	size = 4 * (size_t)get_16(p + 8);
	if (size > HEADER_MAX_BYTES || size > len - FIXED_BYTES)
		return fail(h, HEADER_BAD_HEADER,
		    "the header is larger than its frame, or than 64 KiB");
	c.p = p + FIXED_BYTES;
	c.end = c.p + size;
	h->payload = c.end;
	h->payload_len = len - FIXED_BYTES - size;
	h->proto = take_varint(&c);
	take_transforms(&c);
	take_infos(&c, a);
	return check(h);
}

int
header_undo(struct header *h, struct transform *t, size_t max)
{
	struct transform_bytes bytes = { h->payload, h->payload_len };
	enum transform_result rc;
	const char *why;

	rc = transform_undo(t, h->transforms, h->n_transforms, &bytes, max,
	    &why);
	if (rc != TRANSFORM_DONE)
		return fail(h, rc == TRANSFORM_UNKNOWN ?
		    HEADER_BAD_TRANSFORM : HEADER_BAD_PAYLOAD, why);
	h->payload = bytes.p;
	h->payload_len = bytes.len;
	return 0;
}

int
header_app_error(enum header_err err)
{
	switch (err) {
	case HEADER_BAD_PROTOCOL:
		return APP_INVALID_PROTOCOL;
	case HEADER_BAD_TRANSFORM:
	case HEADER_BAD_PAYLOAD:
		return APP_INVALID_TRANSFORM;
	default:
		return APP_PROTOCOL_ERROR;
	}
}

void
header_answer(struct header *h, const struct header *request)
{
	memset(h, 0, sizeof(*h));
	h->flags = request->flags & HEADER_OUT_OF_ORDER;
	h->seqid = request->seqid;
	h->proto = HEADER_COMPACT;
	if (request->err == HEADER_BAD || request->err == HEADER_BAD_HEADER ||
	    request->err == HEADER_BAD_PROTOCOL)
		return;
	h->proto = request->proto;
	if (request->err != HEADER_OK)
		return;
	h->n_transforms = request->n_transforms;
	memcpy(h->transforms, request->transforms, sizeof(h->transforms));
}
