/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the end of an unframed message.  Found in one go or byte by
 * byte it is the same, and it is where a reader ends that skips the message; in
 * JSON, where a recursive look at the brackets ends.
 */
#include <string.h>

#include "fuzz_wire.h"
#include "wire/scan.h"

#define MAX_SIZE	((uint64_t)1 << 20)

static enum scan_result
scan_in_pieces(struct scan *s, const uint8_t *bytes, size_t len)
{
	enum scan_result rc = SCAN_MORE;

	scan_init(s, bytes[0], MAX_SIZE);
	for (size_t n = 1; n <= len && rc == SCAN_MORE; n++)
		rc = scan_run(s, bytes, n);
	return rc;
}

/* The end of the string or the bracket at p, as a grammar has it; or NULL. */
static const uint8_t *
json_end(const uint8_t *p, const uint8_t *end, unsigned depth)
{
	uint8_t closing = *p == '[' ? ']' : *p == '{' ? '}' : '"';

	for (p++; p < end && *p != closing; p++) {
		if (closing == '"') {
			if (*p == '\\' && ++p == end)
				return NULL;
			continue;
		}
		if (*p == '[' || *p == '{' || *p == '"') {
			if (*p != '"' && depth == 0)
				return NULL;
			if ((p = json_end(p, end,
			    depth - (*p != '"'))) == NULL)
				return NULL;
			p--;
		} else if (*p == ']' || *p == '}')
			return NULL;
	}
	return p < end ? p + 1 : NULL;
}

static void
same_in_json(const struct scan *s, enum scan_result rc, const uint8_t *bytes,
    size_t len)
{
	const uint8_t *end = json_end(bytes, bytes + len,
	    SCAN_MAX_BRACKETS - 1);

	if (rc == SCAN_DONE && end != bytes + s->pos)
		abort();
	if (rc == SCAN_MORE && end != NULL)
		abort();
}

static void
same_as_reader(const struct scan *s, enum scan_result rc, const uint8_t *bytes,
    size_t len)
{
	const struct wire_proto *p = bytes[0] == 0x82 ? wire_compact() :
	    wire_binary();
	struct tf_arena *a = tf_arena_new(FUZZ_LIMIT);
	struct wire_reader r;
	struct wire_msg m;

	wire_reader_init(&r, bytes, len, a, WIRE_MAX_DEPTH);
	if (p->read_msg(&r, &m) == 0 && p->skip_struct(&r) == 0 &&
	    (rc != SCAN_DONE || r.p != bytes + s->pos))
		abort();
	tf_arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct scan whole, pieces;
	enum scan_result rc;

	if (len == 0 || memchr("\x82\x80[", bytes[0], 3) == NULL)
		return 0;
	scan_init(&whole, bytes[0], MAX_SIZE);
	rc = scan_run(&whole, bytes, len);
	if (scan_in_pieces(&pieces, bytes, len) != rc ||
	    (rc == SCAN_DONE && whole.pos != pieces.pos))
		abort();
	if (bytes[0] == '[')
		same_in_json(&whole, rc, bytes, len);
	else
		same_as_reader(&whole, rc, bytes, len);
	return 0;
}
