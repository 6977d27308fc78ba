/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message becomes a call; the call is decoded and handled.  What becomes of
 * its outcome is answer.c's, and while others have it, pending.c's.
 */
#include <string.h>

#include "serve/answer.h"
#include "serve/conn.h"
#include "serve/crew.h"
#include "serve/dispatch.h"
#include "serve/header_dispatch.h"
#include "serve/http.h"
#include "serve/http_envelope.h"
#include "serve/pending.h"
#include "serve/registry.h"
#include "serve/spare.h"
#include "wire/dialect.h"
#include "wire/frame.h"
#include "wire/plan.h"

#define UP_TO(len)	((int)((len) < 200 ? (len) : 200))	/* of a name */

/* The first bytes tell: 0x82, 0x8001 or, not strict, a length; or '['. */
static const struct wire_proto *
proto_of(const uint8_t *p, size_t len)
{
	if (len > 0 && p[0] == 0x82)
		return wire_compact();
	if (len > 1 && ((p[0] == 0x80 && p[1] == 0x01) || p[0] == 0x00))
		return wire_binary();
	if (len > 0 && p[0] == '[')
		return wire_json();
	return NULL;
}

static int
read_message(struct call *call, struct wire_reader *r)
{
	call->proto = proto_of(r->p, (size_t)(r->end - r->p));
	if (call->proto == NULL || call->proto->read_msg(r, &call->msg) == -1)
		return -1;
	if (call->msg.type != WIRE_CALL && call->msg.type != WIRE_ONEWAY)
		return -1;
	call->oneway = call->msg.type == WIRE_ONEWAY;
	return 0;
}

static void
decode_args(struct call *call, struct wire_reader *r)
{
	const struct tf_method *m = call->entry->method;

	call->args = arena_take(&call->arena, m->args->size);
	if (wire_read_body(call->proto, r, call->entry->args,
	    call->args) == -1) {
		call_fail(call, APP_PROTOCOL_ERROR, "%s: the arguments cannot "
		    "be read: %s", m->name, r->why);
		call->fault = CALL_BAD_ARGUMENTS;
	}
}

/* Asks the hook; it may need the result, to throw. */
static void
ask_before(struct call *call, const struct tf_hooks *hooks)
{
	const struct plan *result = call->entry->result;
	int rc = 0;

	call->result = arena_take(&call->arena, result->size);
	plan_init(result, call->result);
	if (hooks->before != NULL) {
		crew_call(call->conn->worker);
		call->in_hook = true;
		rc = hooks->before(&call->pub);
		call->in_hook = false;
	}
	if (rc == -1 && call->end == CALL_RETURNED)
		call_fail(call, APP_INTERNAL_ERROR, "%s was refused",
		    call->pub.method);
	if (call->end == CALL_FAILED)
		call->fault = CALL_REFUSED;
}

static void
set_public(struct conn *c, struct call *call)
{
	call->conn = c;
	conn_peer(c, &call->peer);
	call->pub.ctx = c->worker->config->ctx;
	call->pub.handler = call->entry->handler;
	call->pub.service = call->entry->service;
	call->pub.method = call->entry->method->name;
	call->pub.seqid = call->msg.seqid;
	call->pub.deadline_ns = call->entry->timeout_ns == 0 ? 0 :
	    c->worker->loop.now_ns + call->entry->timeout_ns;
	call->pub.peer = &call->peer;
}

/* A reply has the method's name alone, which is what clients compare with. */
static void
drop_prefix(struct tf_str *name, size_t n)
{
	name->s += n;
	name->len -= n;
}

static void
fail_unknown(struct call *call, const struct registry *r)
{
	struct tf_str *m = &call->msg.name;
	const char *colon = memchr(m->s, ':', m->len), *service = m->s;
	int n;

	if (colon == NULL) {
		call_fail(call, APP_UNKNOWN_METHOD, "unknown method '%.*s'",
		    UP_TO(m->len), m->s);
		return;
	}
	n = UP_TO((size_t)(colon - service));
	drop_prefix(m, (size_t)(colon - service) + 1);
	if (registry_serves(r, service, (size_t)(colon - service)))
		call_fail(call, APP_UNKNOWN_METHOD, "service '%.*s' has no "
		    "method '%.*s'", n, service, UP_TO(m->len), m->s);
	else
		call_fail(call, APP_UNKNOWN_METHOD, "unknown service '%.*s', "
		    "of method '%.*s'", n, service, UP_TO(m->len), m->s);
}

int
dispatch_look_up(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	const struct wire_msg *m = &call->msg;
	const struct entry *e = registry_find(w->config->registry,
	    m->name.s, m->name.len);

	call->entry = e;
	if (e == NULL) {
		call->counters = 0;
		lane_call_begin(w->lane, 0, m->seqid, c->peer,
		    w->loop.now_ns);
		fail_unknown(call, w->config->registry);
		call->fault = CALL_UNKNOWN;
		return -1;
	}
	call->counters = e->counters;
	lane_call_begin(w->lane, e->counters, m->seqid, c->peer,
	    w->loop.now_ns);
	/* The same text, but not in a buffer that others will use. */
	call->msg.name.s = e->method->name;
	call->msg.name.len -= e->prefix;
	if (e->method->flags & TF_ONEWAY)
		call->oneway = true;
	set_public(c, call);
	return 0;
}

/* -1: nobody waits for its reply any more. */
static int
fail_unheard(struct conn *c, struct call *call)
{
	if (call->oneway || !conn_is_unheard(c))
		return 0;
	call_fail(call, APP_INTERNAL_ERROR, "%s was not begun: its client has "
	    "left", call->pub.method);
	call->fault = CALL_ABANDONED;
	return -1;
}

static int
prepare(struct conn *c, struct call *call, struct wire_reader *r)
{
	if (fail_unheard(c, call) == -1)
		return -1;
	ask_before(call, c->worker->config->hooks);
	if (call->end == CALL_RETURNED)
		decode_args(call, r);
	return call->end == CALL_RETURNED ? 0 : -1;
}

void
dispatch_handle(struct call *call, const struct tf_hooks *hooks)
{
	int rc = call_run(call);

	if (hooks->after == NULL)
		return;
	call->in_hook = true;
	hooks->after(&call->pub, rc);
	call->in_hook = false;
	if (rc == TF_LATER)	/* its token's, whatever the hook has said */
		call->end = CALL_LATER;
}

bool
dispatch_run(struct conn *c, struct call *call, struct wire_reader *r)
{
	if (prepare(c, call, r) == -1)
		return false;
	if (call->entry->threaded) {
		crew_run(c, call);
		return true;
	}
	crew_call(c->worker);
	dispatch_handle(call, c->worker->config->hooks);
	if (call->end != CALL_LATER)
		return false;
	pending_await(c, call);
	return true;
}

static void
refuse(struct conn *c, const struct wire_reader *r,
    const struct envelope *envelope)
{
	struct worker *w = c->worker;
	unsigned skipped;

	conn_count(c, COUNTER_PROTOCOL_ERRORS, 1);
	if (log_rate_ok(&w->noise, &skipped))
		log_info("%s: closed: a message that is no call: %s (%u more "
		    "like this)", c->peer, r->err == WIRE_OK ?
		    "of no protocol that is known" : r->why, skipped);
	if (envelope->kind == ENVELOPE_HTTP) {
		http_refuse(c, 400);
		return;
	}
	conn_refuse(c, COUNTER_CLOSED_PROTOCOL);
}

/* A message of no protocol: a THeader, or nothing at all. */
static int
dispatch_other(struct conn *c, struct call *call, const uint8_t *payload,
    size_t len, const struct wire_reader *r)
{
	enum dialect d = dialect_in_frame(payload, len);

	if (call->envelope.kind == ENVELOPE_FRAME &&
	    (d == DIALECT_HEADER || d == DIALECT_FRAMED_HEADER) &&
	    header_dispatch(c, call, payload, len) == 0)
		return 0;
	refuse(c, r, &call->envelope);	/* r->why is the call's */
	spare_give(c->worker, call);
	return -1;
}

int
dispatch_message(struct conn *c, const uint8_t *payload, size_t len,
    const struct envelope *envelope)
{
	struct worker *w = c->worker;
	struct call *call = spare_take(w);
	struct wire_reader r;

	wire_reader_init(&r, payload, len, &call->arena,
	    w->config->limits.max_depth);
	call->envelope = *envelope;
	if (read_message(call, &r) == -1)
		return dispatch_other(c, call, payload, len, &r);
	if (envelope->kind == ENVELOPE_HTTP)
		http_envelope_open(call);
	call->bytes_in = len + envelope->overhead;
	if (dispatch_look_up(c, call) == -1 || !dispatch_run(c, call, &r))
		answer_call(c, call);
	return 0;
}
