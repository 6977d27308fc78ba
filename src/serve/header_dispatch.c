/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is different about a call in a THeader frame: the header says which
 * protocol it is in, an error is answered and never a reason to close, and the
 * client may say how long it waits.
 */
#include "serve/header_dispatch.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/clock.h"
#include "serve/answer.h"
#include "serve/conn.h"
#include "serve/dispatch.h"
#include "serve/header_envelope.h"
#include "wire/transform.h"

/*
 * The client may wait for less time than the method has.  -1: it has stopped
 * waiting, while calls before this one were handled.
 */
static int
limit_by_client(const struct worker *w, struct call *call)
{
	uint64_t timeout = header_envelope_timeout(call->envelope.header);
	uint64_t *deadline = &call->pub.deadline_ns;

	if (timeout == 0)
		return 0;
	if (*deadline == 0 || w->arrived_ns + timeout < *deadline)
		*deadline = w->arrived_ns + timeout;
	if (w->loop.now_ns < *deadline)
		return 0;
	call_fail(call, APP_INTERNAL_ERROR, "%s was not begun: its client "
	    "waits for %" PRIu64 " ms, and they had passed", call->pub.method,
	    timeout / NS_PER_MS);
	call->fault = CALL_EXPIRED;
	return -1;
}

static int
read_message(struct call *call, struct wire_reader *r, int32_t seqid)
{
	struct wire_msg *m = &call->msg;
	int error = APP_PROTOCOL_ERROR;
	const char *why;

	if (call->proto->read_msg(r, m) == -1)
		why = r->why;
	else if (!arena_fits(&call->arena, m->name.len))
		why = "the name of its method is too long";
	else if (m->type == WIRE_CALL || m->type == WIRE_ONEWAY) {
		/* What the name stands in is used again for the reply. */
		m->name = tf_strn(&call->arena, m->name.s, m->name.len);
		call->oneway = m->type == WIRE_ONEWAY;
		return 0;
	} else {
		error = APP_INVALID_MESSAGE_TYPE;
		why = "it is no call";
	}
	*m = (struct wire_msg){ .name = TF_STR(""), .seqid = seqid,
	    .type = WIRE_CALL };
	call_fail(call, error, "the message cannot be read: %s", why);
	call->fault = CALL_UNREADABLE;
	return -1;
}

/* It counts as a call all the same, of nobody's. */
static void
begin_failed(struct conn *c, struct call *call)
{
	call->counters = 0;
	lane_call_begin(c->worker->config->lane, 0, call->msg.seqid, c->peer,
	    c->worker->loop.now_ns);
}

/* True: it has been parked. */
static bool
run(struct conn *c, struct call *call, const struct header *request)
{
	struct worker *w = c->worker;
	struct wire_reader r;

	wire_reader_init(&r, request->payload, request->payload_len,
	    &call->arena, w->config->limits.max_depth);
	if (request->err != HEADER_OK ||
	    read_message(call, &r, request->seqid) == -1)
		begin_failed(c, call);
	else if (dispatch_look_up(c, call) == 0 &&
	    limit_by_client(w, call) == 0)
		return dispatch_run(c, call, &r);
	return false;
}

int
header_dispatch(struct conn *c, struct call *call, const uint8_t *frame,
    size_t len)
{
	struct worker *w = c->worker;
	struct header_envelope *e = header_envelope_open(c, call, frame, len);
	bool parked;

	if (e->request.err == HEADER_BAD)
		return -1;
	parked = run(c, call, &e->request);
	if (w->transform != NULL)
		surplus_note(w, transform_trim(w->transform));
	if (parked)
		return 0;
	header_envelope_close(e, call, w->draining || w->stopping);
	answer_call(c, call);
	return 0;
}
