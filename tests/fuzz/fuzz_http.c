/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: HTTP requests and responses.  In one go or byte by byte the
 * result is the same, also for a message with others behind it; the body is as
 * long as was said, and a message written around it has it again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/http.h"

#define MAX_BODY	((uint64_t)1 << 16)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
init(struct http *h, bool response)
{
	if (response)
		http_init_response(h, MAX_BODY);
	else
		http_init_request(h, MAX_BODY);
}

static enum http_result
run_in_pieces(struct http *h, const uint8_t *bytes, size_t len, bool response)
{
	enum http_result rc = HTTP_MORE;

	init(h, response);
	for (size_t n = 0; n <= len && rc == HTTP_MORE; n++)
		rc = http_run(h, bytes, n);
	return rc;
}

static void
write_again(const struct http *h, const uint8_t *bytes, struct tf_str body)
{
	struct tf_str name, value;
	struct http_out o;
	struct http back;
	uint32_t at = 0;
	struct buf b;

	buf_init(&b, 4 * MAX_BODY);
	http_out_response(&o, &b, 200, h->close);
	while (http_next_field(h, bytes, &at, &name, &value))
		if (name.len < 10 && http_out_field(&o, name, value) == -1)
			abort();
	http_out_body(&o);
	buf_put(&b, body.s, body.len);
	if (http_out_end(&o) == -1)
		abort();
	http_init_response(&back, MAX_BODY);
	if (http_run(&back, b.p, b.len) == HTTP_DONE &&
	    (back.pos != b.len || back.body_len != body.len))
		abort();
	buf_fini(&b);
}

static void
look(const struct http *h, const uint8_t *bytes, bool response)
{
	struct tf_str body, s;
	struct buf b;

	buf_init(&b, MAX_BODY);
	if (http_body(h, bytes, &b, &body) == -1 || body.len > MAX_BODY ||
	    body.len != h->body_len)
		abort();
	if (!response) {
		http_method(h, bytes);
		s = http_path(h, bytes);
		if (s.len == 0 || s.len > HTTP_MAX_LINE)
			abort();
	}
	write_again(h, bytes, body);
	buf_fini(&b);
}

static void
try(const uint8_t *bytes, size_t len, bool response)
{
	struct http whole, pieces;
	enum http_result rc;

	init(&whole, response);
	rc = http_run(&whole, bytes, len);
	if (run_in_pieces(&pieces, bytes, len, response) != rc ||
	    whole.pos != pieces.pos || whole.why != pieces.why ||
	    whole.status != pieces.status ||
	    whole.body_len != pieces.body_len)
		abort();
	if (rc == HTTP_DONE || (rc == HTTP_MORE &&
	    http_end(&whole) == HTTP_DONE))
		look(&whole, bytes, response);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	try(bytes, len, false);
	try(bytes, len, true);
	return 0;
}
