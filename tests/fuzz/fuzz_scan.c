/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the end of an unframed message.  Found in one go or byte by
 * byte it is the same, and it is where a reader ends that skips the message.
 */
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

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct scan whole, pieces;
	struct tf_arena *a;
	struct wire_reader r;
	struct wire_msg m;
	const struct wire_proto *p;
	enum scan_result rc;

	if (len == 0 || !scan_knows(bytes[0]))
		return 0;
	scan_init(&whole, bytes[0], MAX_SIZE);
	rc = scan_run(&whole, bytes, len);
	if (scan_in_pieces(&pieces, bytes, len) != rc ||
	    (rc == SCAN_DONE && whole.pos != pieces.pos))
		abort();
	p = bytes[0] == 0x82 ? wire_compact() : wire_binary();
	a = tf_arena_new(FUZZ_LIMIT);
	wire_reader_init(&r, bytes, len, a, WIRE_MAX_DEPTH);
	if (p->read_msg(&r, &m) == 0 && p->skip_struct(&r) == 0 &&
	    (rc != SCAN_DONE || r.p != bytes + whole.pos))
		abort();
	tf_arena_free(a);
	return 0;
}
