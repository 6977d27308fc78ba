/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: THeader frames.  What is read stays within its limits, and says
 * the same again once it has been written and read.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "wire/frame.h"
#include "wire/header.h"
#include "wire/transform.h"

#define MAX_PAYLOAD	((size_t)1 << 16)
#define MAX_MEMORY	((size_t)1 << 20)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same_info(const struct header_info *a, const struct header_info *b)
{
	if (a->n != b->n)
		abort();
	for (uint32_t i = 0; i < a->n; i++)
		if (a->v[i].key.len != b->v[i].key.len ||
		    a->v[i].value.len != b->v[i].value.len ||
		    memcmp(a->v[i].key.s, b->v[i].key.s, a->v[i].key.len) ||
		    memcmp(a->v[i].value.s, b->v[i].value.s,
		    a->v[i].value.len))
			abort();
}

static void
again(struct header *h, struct transform *t, struct tf_arena *a)
{
	uint8_t *payload = malloc(h->payload_len + 1);
	struct header back;
	const char *why;
	struct buf b;

	memcpy(payload, h->payload, h->payload_len);
	buf_init(&b, 4 * MAX_PAYLOAD);
	if (header_begin(&b, h, &why) == -1 ||
	    buf_put(&b, payload, h->payload_len) == -1 ||
	    header_end(&b, 0, h, t, 2 * MAX_PAYLOAD, &why) == -1 ||
	    frame_size(b.p, b.len, UINT32_MAX) != (int64_t)b.len ||
	    header_read(&back, b.p + FRAME_HEADER, b.len - FRAME_HEADER,
	    a) == -1 || header_undo(&back, t, MAX_PAYLOAD) == -1)
		abort();
	same_info(&h->info, &back.info);
	same_info(&h->persistent, &back.persistent);
	if (back.payload_len != h->payload_len ||
	    memcmp(back.payload, payload, h->payload_len) != 0 ||
	    back.seqid != h->seqid || back.flags != h->flags)
		abort();
	free(payload);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct transform *t;
	struct tf_arena *a = tf_arena_new(0);
	struct header h, answer;

	if (t == NULL)
		t = transform_new();
	if (header_read(&h, bytes, len, a) == 0 &&
	    header_undo(&h, t, MAX_PAYLOAD) == 0) {
		if (h.payload_len > MAX_PAYLOAD && h.n_transforms > 0)
			abort();
		if (h.payload_len <= MAX_PAYLOAD)
			again(&h, t, a);
	} else if (h.why == NULL)
		abort();
	header_answer(&answer, &h);
	if (answer.proto > HEADER_COMPACT || a->held > MAX_MEMORY)
		abort();
	tf_arena_free(a);
	return 0;
}
