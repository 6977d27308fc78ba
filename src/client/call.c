/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call.  A connection is used for another one only after a call that ended
 * well: whatever else happens it is closed, so no reply can ever be taken for
 * that of a later call.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/client_body.h"
#include "wire/app_error.h"
#include "wire/frame.h"
#include "wire/scan.h"

#define MAX_DEPTH	64
#define KEEP_BYTES	(64 * 1024)
#define PIECE_BYTES	(64 * 1024)	/* of a reply, at a time */

/* A failure of the connection: what, where, after how long. */
static int
fail_stream(struct tf_client *c, const struct tf_method *m)
{
	uint64_t ns = clock_ns() - c->began_ns;

	return client_fail(c,
	    "%s at %s: %s (after %" PRIu64 " ms)", m->name, c->addr,
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
		return client_fail(c, "%s: %s", m->name, why);
	head = c->out.len;
	if (c->proto->write_msg(&c->out, &msg) == -1 ||
	    wire_write_body(c->proto, &c->out, plan_get(m->args), args,
	    &why) == -1)
		return client_fail(c, "%s: %s", m->name, why);
	if (c->out.len - head > c->max_frame)
		return client_fail(c,
		    "%s: a request of %zu bytes is larger than "
		    "max-frame", m->name, c->out.len - head);
	if (end_request(c, head, &why) == -1)
		return client_fail(c, "%s: %s", m->name, why);
	return 0;
}

/* The time until which the call, and what is done for it, may take. */
static uint64_t
until(const struct tf_client *c, uint64_t timeout_ns)
{
	uint64_t ns;

	if (timeout_ns == 0 || __builtin_add_overflow(clock_ns(), timeout_ns,
	    &ns) || (c->deadline_ns != 0 && c->deadline_ns < ns))
		return c->deadline_ns;
	return ns;
}

static int
connect_somewhere(struct tf_client *c)
{
	if (c->lease != NULL)
		client_aim(c, lease_aim(c->lease));
	c->stream.deadline_ns = until(c, c->connect_timeout_ns);
	return stream_connect(&c->stream, is_http(c) ? c->http.addr : c->addr);
}

static int
send_call(struct tf_client *c, const struct tf_method *m)
{
	if (!stream_is_usable(&c->stream) && connect_somewhere(c) == -1)
		return fail_stream(c, m);
	c->stream.deadline_ns = c->lease == NULL ? c->deadline_ns :
	    lease_until(c->lease, m);
	c->stream.sent = 0;
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
			return client_fail(c, "%s: out of memory", m->name);
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
	return client_fail(c,
	    "%s at %s: the answer is not one message of at most "
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
		return client_fail(c,
		    "%s at %s: the reply is no frame of at most "
		    "%" PRIu64 " bytes", m->name, c->addr, c->max_frame);
	buf_reset(&c->in, KEEP_BYTES);
	for (left = (size_t)size - FRAME_HEADER; left > 0; left -= n) {
		n = left < PIECE_BYTES ? left : PIECE_BYTES;
		if ((p = buf_need(&c->in, n)) == NULL)
			return client_fail(c, "%s: out of memory", m->name);
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
		return client_fail(c, "%s at %s: the reply cannot be read: %s",
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
		return client_fail(c, "%s at %s: the answer has HTTP status %d",
		    m->name, c->addr, r.status);
	if (r.why != NULL)
		return client_fail(c,
		    "%s at %s: the answer is not one in HTTP with a "
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
	return client_fail(c, "%s at %s: the reply cannot be read: %s", m->name,
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
	return client_fail(c, "%s at %s: %s", m->name, c->addr, e.message.s);
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
		return client_fail(c,
		    "%s at %s: a reply to call %d came for call %d",
		    m->name, c->addr, msg.seqid, c->seqid);
	if (msg.type == WIRE_EXCEPTION)
		return take_error(c, m, &r);
	if (msg.type != WIRE_REPLY || msg.name.len != strlen(m->name) ||
	    memcmp(msg.name.s, m->name, msg.name.len) != 0)
		return client_fail(c,
		    "%s at %s: the answer is not a reply to this "
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
			return client_fail(c,
			    "%s at %s: the server threw %s", m->name,
			    c->addr, f->type->name);
	}
	if (!returns || has)
		return 0;
	*result = NULL;
	c->error_type = APP_MISSING_RESULT;
	return client_fail(c,
	    "%s at %s: the reply holds no result", m->name, c->addr);
}

static enum fault
fault_of(const struct stream *s)
{
	if (s->sent == 0)
		return FAULT_UNSEEN;
	return s->late ? FAULT_LATE : FAULT_BROKEN;
}

/* One try; it comes to an answer, or the connection is closed. */
static int
exchange(struct tf_client *c, const struct tf_method *m, void **result,
    enum fault *fault)
{
	*fault = FAULT_NONE;
	c->stream.late = false;
	c->stream.sent = 0;
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
	*fault = fault_of(&c->stream);
	stream_close(&c->stream);
	return -1;
}

/* As often as its pool wants it to be tried. */
static int
try(struct tf_client *c, const struct tf_method *m, const void *args,
    void **result)
{
	enum fault fault;
	int rc;

	lease_begin(c->lease, c->deadline_ns);
	do {
		if (encode(c, m, args) == -1)
			return -1;
		rc = exchange(c, m, result, &fault);
	} while (lease_again(c->lease, m, fault));
	if (fault != FAULT_NONE && lease_tries(c->lease) > 1)
		snprintf(c->error + strlen(c->error), sizeof(c->error) -
		    strlen(c->error), ", and so in %u tries",
		    lease_tries(c->lease));
	return rc;
}

int
tf_client_call(struct tf_client *c, const struct tf_method *m,
    const void *args, void **result)
{
	enum fault fault;

	*result = NULL;
	c->error_type = -1;
	client_header_forget(&c->header);
	tf_arena_reset(&c->own);
	c->began_ns = clock_ns();
	c->deadline_ns = 0;
	c->deadline_ns = until(c, c->timeout_ns);
	if (c->refused != NULL)
		return client_fail(c, "%s: %s", m->name, c->refused);
	if (c->lease != NULL)
		return try(c, m, args, result);
	if (encode(c, m, args) == -1)
		return -1;
	return exchange(c, m, result, &fault);
}
