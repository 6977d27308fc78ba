/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocking client.  A connection is used for another call only after a
 * call that ended well: whatever else happens it is closed, so no reply can
 * ever be taken for that of a later call.
 */
#include <thriftfork/client.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/parse.h"
#include "client/header.h"
#include "client/http.h"
#include "client/stream.h"
#include "client/trust.h"
#include "wire/app_error.h"
#include "wire/frame.h"
#include "wire/scan.h"
#include "wire/wire.h"
#include "wire/zstream.h"

#define DEFAULT_TIMEOUT_NS	(10 * NS_PER_S)
#define DEFAULT_MAX_FRAME	16384000u
#define MAX_FRAME		0x0D0A0D09u
#define MAX_DEPTH		64
#define MAX_MEMORY		((size_t)256 << 20)	/* of a result */
#define KEEP_BYTES		(64 * 1024)
#define SERVICE_BYTES	65		/* of a name, colon and NUL */
#define MORE_BYTES	(2 * HTTP_SLACK)	/* around a message */
#define PIECE_BYTES		(64 * 1024)	/* of a reply, at a time */

struct tf_client {
	struct stream	 stream;
	struct trust	 trust;
	struct tf_arena	 own;		/* of the last result, unless */
	struct tf_arena	*arena;		/* the caller has given one */
	const struct wire_proto *proto;
	bool		 framed;
	struct client_header header;	/* with framed */
	struct client_http http;	/* instead, if it is one */
	char		 service[SERVICE_BYTES];	/* "name:", or "" */
	struct buf	 out, in;
	struct {			/* in in, as a rule */
		const struct wire_proto *proto;
		const uint8_t	*p;
		size_t		 len;
	}		 reply;
	char		*addr;
	uint64_t	 timeout_ns;	/* 0: none */
	uint64_t	 max_frame;
	uint64_t	 began_ns;
	int32_t		 seqid;
	int		 error_type;
	char		 error[768];
};

struct tf_client *
tf_client_new(const char *addr)
{
	struct tf_client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->addr = strdup(addr)) == NULL)
		fatal("out of memory: a client");
	client_http_init(&c->http, addr);
	stream_init(&c->stream);
	c->stream.trust = &c->trust;
	arena_init(&c->own, MAX_MEMORY);
	c->arena = &c->own;
	c->proto = wire_compact();
	c->framed = true;
	client_header_init(&c->header);
	buf_init(&c->out, MAX_FRAME + FRAME_HEADER + MORE_BYTES);
	buf_init(&c->in, MAX_FRAME + MAX_FRAME / 2 + MORE_BYTES);
	c->timeout_ns = DEFAULT_TIMEOUT_NS;
	c->max_frame = DEFAULT_MAX_FRAME;
	c->error_type = -1;
	return c;
}

void
tf_client_free(struct tf_client *c)
{
	if (c == NULL)
		return;
	stream_close(&c->stream);
	trust_fini(&c->trust);
	client_http_fini(&c->http);
	arena_fini(&c->own);
	client_header_fini(&c->header);
	buf_fini(&c->out);
	buf_fini(&c->in);
	free(c->addr);
	free(c);
}

static int
fail(struct tf_client *c, const char *fmt, ...) TF_PRINTF(2, 3);

static int
fail(struct tf_client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->error, sizeof(c->error), fmt, ap);
	va_end(ap);
	return -1;
}

static int
set_timeout(struct tf_client *c, const char *value)
{
	if (parse_time(value, &c->timeout_ns) == 0)
		return 0;
	return fail(c, "timeout: '%s' is not a time, such as 500ms or 30s, or "
	    "off", value);
}

static int
set_max_frame(struct tf_client *c, const char *value)
{
	uint64_t n;

	if (parse_size(value, &n) == -1 || n < 16 || n > MAX_FRAME)
		return fail(c, "max-frame: '%s' is not a number of bytes from "
		    "16 to %u", value, MAX_FRAME);
	c->max_frame = n;
	return 0;
}

static int
set_protocol(struct tf_client *c, const char *value)
{
	if (strcmp(value, "compact") == 0)
		c->proto = wire_compact();
	else if (strcmp(value, "binary") == 0)
		c->proto = wire_binary();
	else if (strcmp(value, "json") == 0)
		c->proto = wire_json();
	else
		return fail(c, "protocol: '%s' is none of compact, binary and "
		    "json", value);
	stream_close(&c->stream);
	return 0;
}

static int
set_framing(struct tf_client *c, const char *value)
{
	bool header = strcmp(value, "header") == 0;

	if (!header && strcmp(value, "framed") != 0 &&
	    strcmp(value, "unframed") != 0)
		return fail(c, "framing: '%s' is none of framed, unframed and "
		    "header", value);
	c->framed = value[0] != 'u';
	c->header.on = header;
	stream_close(&c->stream);
	return 0;
}

static int
set_transforms(struct tf_client *c, const char *value)
{
	const char *why;

	if (client_header_set_transforms(&c->header, value, &why) == -1)
		return fail(c, "transforms: '%s' is neither none nor a list "
		    "such as zlib or zlib+zstd: %s", value, why);
	return 0;
}

static int
set_service(struct tf_client *c, const char *value)
{
	size_t n = strlen(value);

	if (n + 1 >= sizeof(c->service) || memchr(value, ':', n) != NULL)
		return fail(c, "service: '%.80s' is not a name of at most %zu "
		    "bytes without a colon", value, sizeof(c->service) - 2);
	snprintf(c->service, sizeof(c->service), "%s%s", value,
	    n == 0 ? "" : ":");
	return 0;
}

/* "yes" or "no", of a setting that the next connection is made by. */
static int
parse_word(struct tf_client *c, const char *key, const char *value, bool *on)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return fail(c, "%s: '%s' is not yes or no", key, value);
	*on = value[0] == 'y';
	stream_close(&c->stream);
	return 0;
}

static int
set_zlib(struct tf_client *c, const char *value)
{
	if (strcmp(value, "yes") == 0 && !zstream_is_built_in())
		return fail(c, "zlib: is not built in");
	return parse_word(c, "zlib", value, &c->stream.zlib);
}

static int
set_file(struct tf_client *c, char **file, const char *value)
{
	stream_close(&c->stream);
	trust_set(&c->trust, file, value);
	return 0;
}

static int
set_tls_ca(struct tf_client *c, const char *value)
{
	return set_file(c, &c->trust.ca, value);
}

static int
set_tls_certificate(struct tf_client *c, const char *value)
{
	return set_file(c, &c->trust.certificate, value);
}

static int
set_tls_key(struct tf_client *c, const char *value)
{
	return set_file(c, &c->trust.key, value);
}

static int
set_tls_verify(struct tf_client *c, const char *value)
{
	bool on;

	if (parse_word(c, "tls-verify", value, &on) == -1)
		return -1;
	trust_set_blind(&c->trust, !on);
	return 0;
}

int
tf_client_set(struct tf_client *c, const char *key, const char *value)
{
	static const struct {
		const char	*key;
		int		(*set)(struct tf_client *, const char *);
	} keys[] = {
		{ "timeout", set_timeout },
		{ "max-frame", set_max_frame },
		{ "protocol", set_protocol },
		{ "framing", set_framing },
		{ "transforms", set_transforms },
		{ "service", set_service },
		{ "zlib", set_zlib },
		{ "tls-ca", set_tls_ca },
		{ "tls-certificate", set_tls_certificate },
		{ "tls-key", set_tls_key },
		{ "tls-verify", set_tls_verify },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].set(c, value);
	return fail(c, "a client has no setting '%s'", key);
}

int
tf_client_header(struct tf_client *c, const char *key, const char *value)
{
	if (client_header_set(&c->header, key, value) == 0)
		return 0;
	return fail(c, "header '%.80s': more headers than a request carries",
	    key);
}

int
tf_client_pass_on(struct tf_client *c, const struct tf_call *call)
{
	const struct tf_str *parent = tf_call_header(call, "traceparent"),
	    *state = tf_call_header(call, "tracestate");

	/* Without the first the second means nothing. */
	if (parent == NULL)
		state = NULL;
	if (tf_client_header(c, "traceparent", parent == NULL ? NULL :
	    parent->s) == -1)
		return -1;
	return tf_client_header(c, "tracestate", state == NULL ? NULL :
	    state->s);
}

const struct tf_str *
tf_client_reply_header(const struct tf_client *c, const char *key)
{
	return client_header_find(&c->header, key);
}

void
tf_client_arena(struct tf_client *c, struct tf_arena *arena)
{
	c->arena = arena == NULL ? &c->own : arena;
}

const char *
tf_client_error(const struct tf_client *c)
{
	return c->error;
}

int
tf_client_error_type(const struct tf_client *c)
{
	return c->error_type;
}

/* A failure of the connection: what, where, after how long. */
static int
fail_stream(struct tf_client *c, const struct tf_method *m)
{
	uint64_t ns = clock_ns() - c->began_ns;

	return fail(c, "%s at %s: %s (after %" PRIu64 " ms)", m->name, c->addr,
	    c->stream.error, ns / NS_PER_MS);
}

/* What the server is asked for; its reply has the method's name alone. */
static struct tf_str
name_of_call(struct tf_client *c, const struct tf_method *m)
{
	if (c->service[0] == '\0')
		return (struct tf_str){ m->name, strlen(m->name) };
	return tf_strf(&c->own, "%s%s", c->service, m->name);
}

static bool
is_http(const struct tf_client *c)
{
	return c->http.addr != NULL;
}

/* What stands before the message. */
static int
begin_request(struct tf_client *c, const char **why)
{
	const char *reason = "out of memory";

	if (is_http(c))
		return client_http_begin(&c->http, &c->out, &c->header.set,
		    why);
	if (c->header.on && client_header_begin(&c->header, &c->out, c->proto,
	    c->seqid, c->timeout_ns, &c->own, &reason) == 0)
		return 0;
	if (!c->header.on && buf_need(&c->out, FRAME_HEADER) != NULL) {
		c->out.len = c->framed ? FRAME_HEADER : 0;
		return 0;
	}
	*why = reason;
	return -1;
}

static int
end_request(struct tf_client *c, size_t head, const char **why)
{
	if (is_http(c))
		return client_http_end(&c->http, why);
	if (c->header.on)
		return client_header_end(&c->header, &c->out, c->max_frame,
		    why);
	if (c->framed)
		frame_put(c->out.p, (uint32_t)(c->out.len - head));
	return 0;
}

static int
encode(struct tf_client *c, const struct tf_method *m, const void *args)
{
	struct wire_msg msg = { .name = name_of_call(c, m),
	    .seqid = ++c->seqid,
	    .type = m->flags & TF_ONEWAY ? WIRE_ONEWAY : WIRE_CALL };
	const char *why = "the arguments are too large";
	size_t head;

	buf_reset(&c->out, KEEP_BYTES);
	if (begin_request(c, &why) == -1)
		return fail(c, "%s: %s", m->name, why);
	head = c->out.len;
	if (c->proto->write_msg(&c->out, &msg) == -1 ||
	    wire_write_body(c->proto, &c->out, plan_get(m->args), args,
	    &why) == -1)
		return fail(c, "%s: %s", m->name, why);
	if (c->out.len - head > c->max_frame)
		return fail(c, "%s: a request of %zu bytes is larger than "
		    "max-frame", m->name, c->out.len - head);
	if (end_request(c, head, &why) == -1)
		return fail(c, "%s: %s", m->name, why);
	return 0;
}

static int
send_call(struct tf_client *c, const struct tf_method *m)
{
	if (!stream_is_usable(&c->stream) &&
	    stream_connect(&c->stream, is_http(c) ? c->http.addr :
	    c->addr) == -1)
		return fail_stream(c, m);
	if (stream_send(&c->stream, c->out.p, c->out.len) == -1)
		return fail_stream(c, m);
	return 0;
}

/* The end of a reply without a frame is found by walking it. */
static int
recv_unframed(struct tf_client *c, const struct tf_method *m)
{
	enum scan_result rc = SCAN_MORE;
	struct scan scan;
	uint8_t *p;
	ssize_t n;

	buf_reset(&c->in, KEEP_BYTES);
	while (rc == SCAN_MORE) {
		if ((p = buf_need(&c->in, PIECE_BYTES)) == NULL)
			return fail(c, "%s: out of memory", m->name);
		n = stream_recv_some(&c->stream, p, PIECE_BYTES);
		if (n == -1)
			return fail_stream(c, m);
		if (c->in.len == 0)
			scan_init(&scan, *p, c->max_frame);
		c->in.len += (size_t)n;
		rc = scan_run(&scan, c->in.p, c->in.len);
	}
	if (rc == SCAN_DONE && scan.pos == c->in.len)
		return 0;
	return fail(c, "%s at %s: the answer is not one message of at most "
	    "%" PRIu64 " bytes", m->name, c->addr, c->max_frame);
}

/* Room is made as bytes arrive, not as they are announced. */
static int
recv_framed(struct tf_client *c, const struct tf_method *m)
{
	uint8_t head[FRAME_HEADER], *p;
	int64_t size;
	size_t left, n;

	if (stream_recv(&c->stream, head, sizeof(head)) == -1)
		return fail_stream(c, m);
	size = frame_size(head, sizeof(head), (uint32_t)c->max_frame);
	if (size == -1)
		return fail(c, "%s at %s: the reply is no frame of at most "
		    "%" PRIu64 " bytes", m->name, c->addr, c->max_frame);
	buf_reset(&c->in, KEEP_BYTES);
	for (left = (size_t)size - FRAME_HEADER; left > 0; left -= n) {
		n = left < PIECE_BYTES ? left : PIECE_BYTES;
		if ((p = buf_need(&c->in, n)) == NULL)
			return fail(c, "%s: out of memory", m->name);
		if (stream_recv(&c->stream, p, n) == -1)
			return fail_stream(c, m);
		c->in.len += n;
	}
	return 0;
}

/* What has been received is a message, or a frame that holds one. */
static int
open_reply(struct tf_client *c, const struct tf_method *m)
{
	const char *why;

	c->reply.p = c->in.p;
	c->reply.len = c->in.len;
	if (!c->header.on)
		return 0;
	if (client_header_open(&c->header, c->in.p, c->in.len, c->max_frame,
	    &c->own, &c->reply.proto, &why) == -1)
		return fail(c, "%s at %s: the reply cannot be read: %s",
		    m->name, c->addr, why);
	c->reply.p = c->header.reply.payload;
	c->reply.len = c->header.reply.payload_len;
	return 0;
}

/* An answer to a oneway, too, which says that it has arrived. */
static int
recv_http(struct tf_client *c, const struct tf_method *m)
{
	struct client_http_reply r;
	int rc;

	buf_reset(&c->in, KEEP_BYTES);
	rc = client_http_recv(&c->http, &c->stream, &c->in, c->max_frame,
	    m->flags & TF_ONEWAY, &r);
	if (r.head.head_len > 0)
		http_headers(&r.head, c->in.p, &c->own, &c->header.reply.info);
	c->reply.p = (const uint8_t *)r.message.s;
	c->reply.len = r.message.len;
	if (rc == 0)
		return 0;
	if (r.status != 200)
		return fail(c, "%s at %s: the answer has HTTP status %d",
		    m->name, c->addr, r.status);
	if (r.why != NULL)
		return fail(c, "%s at %s: the answer is not one in HTTP with a "
		    "message of at most %" PRIu64 " bytes: %s", m->name,
		    c->addr, c->max_frame, r.why);
	return fail_stream(c, m);
}

static int
recv_reply(struct tf_client *c, const struct tf_method *m)
{
	c->reply.proto = c->proto;
	if (is_http(c))
		return recv_http(c, m);
	if (m->flags & TF_ONEWAY)
		return 0;
	if ((c->framed ? recv_framed : recv_unframed)(c, m) == -1)
		return -1;
	if (open_reply(c, m) == -1)
		return -1;
	return 0;
}

static int
fail_reader(struct tf_client *c, const struct tf_method *m,
    const struct wire_reader *r)
{
	return fail(c, "%s at %s: the reply cannot be read: %s", m->name,
	    c->addr, r->why);
}

static int
take_error(struct tf_client *c, const struct tf_method *m,
    struct wire_reader *r)
{
	struct app_error e;

	if (wire_read_body(c->reply.proto, r, plan_get(app_error_type()),
	    &e) == -1)
		return fail_reader(c, m, r);
	c->error_type = e.type;
	return fail(c, "%s at %s: %s", m->name, c->addr, e.message.s);
}

static int
read_reply(struct tf_client *c, const struct tf_method *m, void **result)
{
	struct wire_reader r;
	struct wire_msg msg;
	void *value;

	wire_reader_init(&r, c->reply.p, c->reply.len, c->arena, MAX_DEPTH);
	if (c->reply.proto->read_msg(&r, &msg) == -1)
		return fail_reader(c, m, &r);
	if (msg.seqid != c->seqid)
		return fail(c, "%s at %s: a reply to call %d came for call %d",
		    m->name, c->addr, msg.seqid, c->seqid);
	if (msg.type == WIRE_EXCEPTION)
		return take_error(c, m, &r);
	if (msg.type != WIRE_REPLY || msg.name.len != strlen(m->name) ||
	    memcmp(msg.name.s, m->name, msg.name.len) != 0)
		return fail(c, "%s at %s: the answer is not a reply to this "
		    "method", m->name, c->addr);
	value = arena_take(c->arena, m->result->size);
	if (wire_read_body(c->reply.proto, &r, plan_get(m->result),
	    value) == -1)
		return fail_reader(c, m, &r);
	*result = value;
	return 0;
}

/* The connection is in order; what does the result say? */
static int
judge(struct tf_client *c, const struct tf_method *m, void **result)
{
	const struct tf_field *f, *end = m->result->fields + m->result->n;
	const char *value = *result;
	bool returns = false, has = false;
	void *exception;

	for (f = m->result->fields; f < end; f++) {
		if (f->id == 0) {
			returns = true;
			memcpy(&has, value + f->has, sizeof(has));
			continue;
		}
		memcpy(&exception, value + f->off, sizeof(exception));
		if (exception != NULL)
			return fail(c, "%s at %s: the server threw %s", m->name,
			    c->addr, f->type->name);
	}
	if (!returns || has)
		return 0;
	*result = NULL;
	c->error_type = APP_MISSING_RESULT;
	return fail(c, "%s at %s: the reply holds no result", m->name, c->addr);
}

static int
exchange(struct tf_client *c, const struct tf_method *m, void **result)
{
	if (send_call(c, m) == -1)
		goto broken;
	if (recv_reply(c, m) == -1)
		goto broken;
	if (m->flags & TF_ONEWAY)
		return 0;
	if (read_reply(c, m, result) == 0)
		return judge(c, m, result);
	if (c->error_type != -1)	/* an answer all the same */
		return -1;
broken:
	stream_close(&c->stream);
	return -1;
}

int
tf_client_call(struct tf_client *c, const struct tf_method *m,
    const void *args, void **result)
{
	*result = NULL;
	c->error_type = -1;
	client_header_forget(&c->header);
	tf_arena_reset(&c->own);
	c->began_ns = clock_ns();
	if (c->timeout_ns == 0 || __builtin_add_overflow(c->began_ns,
	    c->timeout_ns, &c->stream.deadline_ns))
		c->stream.deadline_ns = 0;
	if (encode(c, m, args) == -1)
		return -1;
	return exchange(c, m, result);
}
