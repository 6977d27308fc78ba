/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which transforms there are, and the growing of what they write.  Output
 * grows as it is made, never by a size that the input declares, and ends at
 * the buffer's maximum: a bomb costs no more than an honest frame of that size.
 * Nor may a frame that has cost its sender next to nothing cost that much, as
 * one that was compressed twice can: what all its steps together make of it,
 * beyond some that is given to all, is what one pass of deflate could have made
 * of its bytes at best.
 */
#include "wire/transform.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/bug.h"
#include "wire/room.h"
#include "wire/transform_codec.h"

#define KEEP_BYTES	65536	/* of a buffer between two uses */
#define GIVEN_BYTES	(1 << 20)	/* may be made of anything */
#define MOST_TO_ONE	1032	/* of what deflate makes, to what it takes */

struct transform {
	void		*codecs[2][2];	/* by transform and direction */
	struct buf	 made[2];	/* in turn; the last one is the caller's
					   until it trims */
};

struct kind {
	uint32_t	 id;
	const struct codec_ops *ops;
};

static const struct kind kinds[] = {
	{ TRANSFORM_ZLIB, &codec_zlib }, { TRANSFORM_ZSTD, &codec_zstd },
};

static int
index_of(uint32_t id)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].id == id)
			return (int)i;
	return -1;
}

bool
transform_knows(uint32_t id)
{
	int i = index_of(id);

	return id == TRANSFORM_NONE || (i != -1 && kinds[i].ops->open != NULL);
}

struct transform *
transform_new(void)
{
	struct transform *t = calloc(1, sizeof(*t));

	if (t == NULL)
		fatal("out of memory: transforms");
	return t;
}

void
transform_free(struct transform *t)
{
	if (t == NULL)
		return;
	for (int i = 0; i < 2; i++)
		for (int undo = 0; undo < 2; undo++)
			if (t->codecs[i][undo] != NULL)
				kinds[i].ops->close(t->codecs[i][undo], undo);
	buf_fini(&t->made[0]);
	buf_fini(&t->made[1]);
	free(t);
}

static size_t
trim(struct buf *b)
{
	size_t cap = b->cap;

	buf_reset(b, KEEP_BYTES);
	return cap - b->cap;
}

size_t
transform_trim(struct transform *t)
{
	return trim(&t->made[0]) + trim(&t->made[1]);
}

static void *
codec_of(struct transform *t, int i, bool undo)
{
	void **c = &t->codecs[i][undo];

	if (*c == NULL && (*c = kinds[i].ops->open(undo)) == NULL)
		fatal("out of memory: a compressor");
	return *c;
}

static enum transform_result
run(const struct codec_ops *ops, void *c, struct codec_io *io,
    struct buf *out, const char **why)
{
	enum codec_step step;
	size_t room;

	do {
		if ((room = room_in(out)) == 0) {
			*why = "the transformed payload is too large";
			return TRANSFORM_TOO_BIG;
		}
		io->out = out->p + out->len;
		io->room = room;
		step = ops->step(c, io);
		out->len += room - io->room;
	} while (step == CODEC_MORE);
	if (step == CODEC_END && io->left == 0)
		return TRANSFORM_DONE;
	*why = "the payload is not what its transform makes";
	return TRANSFORM_BAD;
}

static enum transform_result
do_one(struct transform *t, uint32_t id, bool undo, struct codec_io *io,
    struct buf *out, const char **why)
{
	int i = index_of(id);
	enum transform_result rc;
	void *c;

	if (!transform_knows(id)) {
		*why = i == -1 ? "no such transform" :
		    "the transform is not built in";
		return TRANSFORM_UNKNOWN;
	}
	c = codec_of(t, i, undo);
	rc = run(kinds[i].ops, c, io, out, why);
	kinds[i].ops->reset(c, undo);
	return rc;
}

static bool
is_one(const uint32_t *ids, unsigned n)
{
	unsigned steps = 0;

	for (unsigned i = 0; i < n; i++)
		steps += ids[i] != TRANSFORM_NONE;
	return steps <= 1;
}

/* Bytes that several steps may make of so many. */
static size_t
allowance(size_t received)
{
	if (received <= GIVEN_BYTES / MOST_TO_ONE)
		return GIVEN_BYTES;
	return received < SIZE_MAX / MOST_TO_ONE ? received * MOST_TO_ONE :
	    SIZE_MAX;
}

static enum transform_result
do_all(struct transform *t, const uint32_t *ids, unsigned n, bool undo,
    struct transform_bytes *bytes, size_t max, const char **why)
{
	size_t left = undo && !is_one(ids, n) ? allowance(bytes->len) :
	    SIZE_MAX;
	enum transform_result rc = TRANSFORM_DONE;
	unsigned done = 0;

	for (unsigned i = 0; i < n && rc == TRANSFORM_DONE; i++) {
		uint32_t id = ids[undo ? n - 1 - i : i];
		struct codec_io io = { .in = bytes->p, .left = bytes->len,
		    .undo = undo };
		struct buf *out = &t->made[done % 2];

		if (id == TRANSFORM_NONE)
			continue;
		done++;
		trim(out);
		out->max = max < left ? max : left;
		rc = do_one(t, id, undo, &io, out, why);
		if (rc == TRANSFORM_TOO_BIG && left < max)
			*why = "the payload is compressed too much";
		left -= out->len;
		*bytes = (struct transform_bytes){ out->p, out->len };
	}
	if (rc == TRANSFORM_DONE)
		trim(&t->made[done % 2]);
	else
		transform_trim(t);
	return rc;
}

enum transform_result
transform_apply(struct transform *t, const uint32_t *ids, unsigned n,
    struct transform_bytes *bytes, size_t max, const char **why)
{
	return do_all(t, ids, n, false, bytes, max, why);
}

enum transform_result
transform_undo(struct transform *t, const uint32_t *ids, unsigned n,
    struct transform_bytes *bytes, size_t max, const char **why)
{
	return do_all(t, ids, n, true, bytes, max, why);
}
