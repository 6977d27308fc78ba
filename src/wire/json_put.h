/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of JSON, appended to a buffer: what its two writers share, that of
 * values by field name and that of the JSON protocol.  Functions return -1
 * after the first failure, which stays, so that it may be looked at once.
 */
#ifndef WIRE_JSON_PUT_H
#define WIRE_JSON_PUT_H

#include <string.h>

#include <thriftfork/base.h>

#include "base/buf.h"

struct json_out {
	struct buf	*b;
	const char	*why;		/* the first failure */
	unsigned	 depth;		/* levels left */
	bool		 thrift;	/* the JSON protocol */
};

int	json_put_fail(struct json_out *, const char *why);

/* The buffer is full; see json_put(). */
int	json_put_over(struct json_out *);

/* Most are a character or two. */
static inline int
json_put(struct json_out *o, const void *s, size_t n)
{
	uint8_t *p;

	if (n == 0)
		return 0;
	if ((p = buf_need(o->b, n)) == NULL)
		return json_put_over(o);
	memcpy(p, s, n);
	o->b->len += n;
	return 0;
}

int	json_put_text(struct json_out *, const char *);
int	json_put_quoted(struct json_out *, const char *);	/* ASCII */
int	json_put_int(struct json_out *, int64_t, bool quoted);
/* What is no number is quoted in any case: "NaN", "Infinity", "-Infinity". */
int	json_put_double(struct json_out *, double, bool quoted);
int	json_put_base64(struct json_out *, struct tf_str);	/* padded */

/*
 * A string.  What is no UTF-8 goes out as it is if raw, else as \udc80 ..
 * \udcff, and U+0080 to U+009F as \u0080 .. \u009f.
 */
int	json_put_string(struct json_out *, struct tf_str, bool raw);

#endif
