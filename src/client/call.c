/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call that is waited for.  A connection is used for another one only after a
 * call that ended well: whatever else happens it is closed, so no reply can
 * ever be taken for that of a later call.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/client_body.h"
#include "client/reply.h"
#include "client/request.h"

#define KEEP_BYTES	(64 * 1024)
#define PIECE_BYTES	(64 * 1024)	/* of a reply, at a time */

/* A failure of the connection: what, where, after how long. */
static int
fail_stream(struct tf_client *c, const struct tf_method *m)
{
	uint64_t ns = clock_ns() - c->began_ns;

	c->cut = true;
	return outcome_fail(&c->outcome,
	    "%s at %s: %s (after %" PRIu64 " ms)", m->name, c->set.addr,
	    c->stream.error, ns / NS_PER_MS);
}

/* The call's deadline, or the end of a timeout (0: none) if that is sooner. */
static uint64_t
until(const struct tf_client *c, uint64_t timeout_ns)
{
	uint64_t ns;

	if (timeout_ns == 0)
		return c->deadline_ns;
	ns = clock_after(clock_ns(), timeout_ns);
	return c->deadline_ns != 0 && c->deadline_ns < ns ? c->deadline_ns :
	    ns;
}

/* Who is to be asked next; over HTTP the request says who. */
static void
aim(struct tf_client *c)
{
	stream_close(&c->stream);
	if (c->lease != NULL)
		client_settings_aim(&c->set, lease_aim(c->lease));
}

static int
connect_client(struct tf_client *c)
{
	struct client_settings *s = &c->set;

	c->stream.deadline_ns = until(c, s->connect_timeout_ns);
	return stream_connect(&c->stream, client_settings_is_http(s) ?
	    s->http.addr : s->addr, &s->trust, s->zlib);
}

static int
send_call(struct tf_client *c, const struct tf_method *m)
{
	if (c->stream.fd == -1 && connect_client(c) == -1) {
		c->stream.sent = 0;	/* a handshake shows nothing of it */
		return fail_stream(c, m);
	}
	c->stream.deadline_ns = c->lease == NULL ? c->deadline_ns :
	    lease_until(c->lease, m);
	c->stream.sent = 0;
	if (stream_send(&c->stream, c->out.p, c->out.len) == -1)
		return fail_stream(c, m);
	return 0;
}

/* Room is made as bytes arrive, not as they are announced. */
static int
recv_piece(struct tf_client *c, const struct tf_method *m,
    const struct bounds *b)
{
	size_t n = b->framed ? bounds_missing(b, c->in.len) : PIECE_BYTES;
	ssize_t got;
	uint8_t *p;

	n = n < PIECE_BYTES ? n : PIECE_BYTES;
	if ((p = buf_need(&c->in, n)) == NULL)
		return outcome_fail(&c->outcome, "%s: out of memory", m->name);
	if ((got = stream_recv_some(&c->stream, p, n)) == -1)
		return fail_stream(c, m);
	c->in.len += (size_t)got;
	return 0;
}

static int
recv_message(struct tf_client *c, const struct tf_method *m)
{
	enum bounds_result rc;
	struct bounds b;

	buf_reset(&c->in, KEEP_BYTES);
	bounds_init(&b, &c->set);
	while ((rc = bounds_find(&b, c->in.p, c->in.len)) == BOUNDS_MORE)
		if (recv_piece(c, m, &b) == -1)
			return -1;
	if (rc == BOUNDS_BAD || b.size != c->in.len)
		return outcome_fail(&c->outcome,
		    "%s at %s: the answer is %s of at most %" PRIu64
		    " bytes", m->name, c->set.addr, b.framed ? "no frame" :
		    "not one message", c->set.max_frame);
	c->reply = (struct tf_str){ (char *)c->in.p + b.head,
	    c->in.len - b.head };
	return 0;
}

/* A proxy in between has no server to ask, or has had no answer. */
static bool
is_of_gateway(int status)
{
	return status >= 502 && status <= 504;
}

/* An answer to a oneway, too, which says that it has arrived. */
static int
recv_http(struct tf_client *c, const struct tf_method *m)
{
	struct client_http_reply r;
	int rc;

	buf_reset(&c->in, KEEP_BYTES);
	rc = client_http_recv(&c->set.http, &c->stream, &c->in,
	    c->set.max_frame, m->flags & TF_ONEWAY, &r);
	if (r.head.head_len > 0)
		http_headers(&r.head, c->in.p, &c->own,
		    &c->set.header.reply.info);
	c->reply = r.message;
	if (rc == 0)
		return 0;
	c->cut = c->stream.ended || is_of_gateway(r.status);
	if (r.status != 200)
		return outcome_fail(&c->outcome,
		    "%s at %s: the answer has HTTP status %d", m->name,
		    c->set.addr, r.status);
	if (r.why != NULL)
		return outcome_fail(&c->outcome,
		    "%s at %s: the answer is not one in HTTP with a "
		    "message of at most %" PRIu64 " bytes: %s", m->name,
		    c->set.addr, c->set.max_frame, r.why);
	return fail_stream(c, m);
}

static enum reply_result
read_reply(struct tf_client *c, const struct tf_method *m, void **result)
{
	struct reply r;
	const char *why;

	if (reply_begin(&r, &c->set, (const uint8_t *)c->reply.s, c->reply.len,
	    &c->own, &why) == -1)
		return reply_unreadable(m, c->set.addr, why, &c->outcome);
	if (r.msg.seqid == c->seqid)
		return reply_read(&r, m, c->set.addr, c->arena, &c->outcome,
		    result);
	outcome_fail(&c->outcome, "%s at %s: a reply to call %d came for call "
	    "%d", m->name, c->set.addr, r.msg.seqid, c->seqid);
	return REPLY_BROKEN;
}

static enum reply_result
take_reply(struct tf_client *c, const struct tf_method *m, void **result)
{
	enum reply_result rc = read_reply(c, m, result);

	reply_end(&c->set);
	return rc;
}

static enum reply_result
exchange(struct tf_client *c, const struct tf_method *m, void **result)
{
	if (send_call(c, m) == -1)
		return REPLY_BROKEN;
	if (client_settings_is_http(&c->set)) {
		if (recv_http(c, m) == -1)
			return REPLY_BROKEN;
	} else if (!(m->flags & TF_ONEWAY) && recv_message(c, m) == -1)
		return REPLY_BROKEN;
	return m->flags & TF_ONEWAY ? REPLY_OK : take_reply(c, m, result);
}

static enum fault
fault_of(const struct tf_client *c)
{
	const struct stream *s = &c->stream;

	if (!c->cut)
		return FAULT_USELESS;
	if (s->sent == 0)
		return FAULT_UNSEEN;
	return s->late ? FAULT_LATE : FAULT_BROKEN;
}

/* Once; it comes to an answer, or the connection is closed. */
static int
attempt(struct tf_client *c, const struct tf_method *m, const void *args,
    void **result, enum fault *fault)
{
	enum reply_result rc;

	*fault = FAULT_OURS;
	if (!stream_is_usable(&c->stream))
		aim(c);
	if (request_write(&c->set, m, args, ++c->seqid, &c->own, &c->out,
	    &c->outcome) == -1)
		return -1;
	*fault = m->flags & TF_ONEWAY && !client_settings_is_http(&c->set) ?
	    FAULT_SILENT : FAULT_NONE;
	c->cut = c->stream.late = false;
	c->stream.sent = 0;
	client_header_forget(&c->set.header);
	rc = exchange(c, m, result);
	if (rc == REPLY_BROKEN) {
		*fault = fault_of(c);
		stream_close(&c->stream);
	}
	return rc == REPLY_OK ? 0 : -1;
}

/* As often as its pool wants it to be tried. */
static int
call_leased(struct tf_client *c, const struct tf_method *m, const void *args,
    void **result)
{
	char *end = c->outcome.error;
	enum fault fault;
	int rc;

	lease_begin(c->lease, c->deadline_ns);
	do {
		rc = attempt(c, m, args, result, &fault);
	} while (lease_again(c->lease, m, fault));
	if (fault > FAULT_SILENT && lease_tries(c->lease) > 1) {
		end += strlen(end);
		snprintf(end, sizeof(c->outcome.error) -
		    (size_t)(end - c->outcome.error), ", and so in %u tries",
		    lease_tries(c->lease));
	}
	return rc;
}

int
tf_client_call(struct tf_client *c, const struct tf_method *m,
    const void *args, void **result)
{
	enum fault fault;

	*result = NULL;
	c->outcome.type = -1;
	client_header_forget(&c->set.header);	/* of what is freed now */
	tf_arena_reset(&c->own);
	c->began_ns = clock_ns();
	c->deadline_ns = c->set.timeout_ns == 0 ? 0 :
	    clock_after(c->began_ns, c->set.timeout_ns);
	if (c->refused != NULL)
		return outcome_fail(&c->outcome, "%s: %s", m->name,
		    c->refused);
	if (c->lease != NULL)
		return call_leased(c, m, args, result);
	return attempt(c, m, args, result, &fault);
}
