/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: zlib streams.  The first byte says how much room there is at a
 * time; with that or with plenty the same comes out, and what came out can be
 * written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/zstream.h"

#define PLENTY	((size_t)1 << 12)
#define MOST_STEPS	64		/* each costs as much as a run does */

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * Reads with room for max bytes at a time; what comes goes to sum.  FULL: not
 * all of it has been read.
 */
static enum zstream_result
read_in_portions(const uint8_t *p, size_t len, size_t max, struct buf *sum)
{
	struct zstream *z = zstream_new();
	enum zstream_result rc = ZSTREAM_FULL;
	struct buf out;
	size_t used;

	buf_init(&out, max);
	for (int i = 0; rc == ZSTREAM_FULL && i < MOST_STEPS; i++) {
		out.len = 0;
		rc = zstream_read(z, p, len, &used, &out);
		if (used > len || out.len > max || (rc == ZSTREAM_FULL &&
		    out.len < max))
			abort();
		p += used;
		len -= used;
		if (buf_put(sum, out.p, out.len) == -1) {
			rc = ZSTREAM_FULL;
			break;
		}
	}
	buf_fini(&out);
	zstream_free(z);
	return rc;
}

static void
write_and_read(const struct buf *text)
{
	struct zstream *z = zstream_new();
	struct buf wire, back;
	size_t used;

	if (z == NULL)
		return;
	buf_init(&wire, 2 * PLENTY);
	buf_init(&back, PLENTY + 1);
	if (zstream_write(z, text->p, text->len, &wire) == -1 ||
	    zstream_read(z, wire.p, wire.len, &used, &back) != ZSTREAM_OK ||
	    back.len != text->len ||
	    (back.len > 0 && memcmp(back.p, text->p, back.len) != 0))
		abort();
	buf_fini(&wire);
	buf_fini(&back);
	zstream_free(z);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum zstream_result a, b;
	struct buf little, much;

	if (len == 0)
		return 0;
	buf_init(&little, PLENTY);
	buf_init(&much, PLENTY);
	a = read_in_portions(bytes + 1, len - 1, bytes[0] + 1u, &little);
	b = read_in_portions(bytes + 1, len - 1, PLENTY, &much);
	if (a != ZSTREAM_FULL && b != ZSTREAM_FULL && (a != b ||
	    little.len != much.len))
		abort();
	if (little.len > 0 && much.len > 0 && memcmp(little.p, much.p,
	    little.len < much.len ? little.len : much.len) != 0)
		abort();
	if (b == ZSTREAM_OK || b == ZSTREAM_END)
		write_and_read(&much);
	buf_fini(&little);
	buf_fini(&much);
	return 0;
}
