/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of an HTTP request: a POST holds a call, as a rule.  Health
 * checkers and those who look round are answered without disturbing anybody.
 * What is no request, or could be read in two ways, ends its connection: where
 * the next one begins is not known for certain then.
 */
#include "serve/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "serve/conn.h"
#include "serve/gate.h"
#include "serve/http_envelope.h"
#include "serve/waiting.h"
#include "wire/http.h"

#define SHOWN	80		/* bytes of a path in the log */

/* A request that is whole. */
struct request {
	const struct http *http;
	const uint8_t	*p;
	struct tf_str	 path;
	bool		 last;		/* c is closed after its answer */
};

static void
keep_parser(struct conn *c, const struct http *h)
{
	if (c->http == NULL && (c->http = malloc(sizeof(*h))) == NULL)
		fatal("out of memory: a request that has begun");
	*c->http = *h;
}

static void
drop_parser(struct conn *c)
{
	free(c->http);
	c->http = NULL;
}

void
http_refuse(struct conn *c, int status)
{
	(void)http_out_refusal(&c->worker->send, status, true, false);
	conn_said_last(c, COUNTER_CLOSED_PROTOCOL);
}

static size_t
refuse_bytes(struct conn *c, const struct http *h, const uint8_t *p,
    size_t len)
{
	bool to_head = http_method(h, p) == HTTP_HEAD;
	bool too_large = h->status == 413;
	unsigned skipped;

	conn_count(c, too_large ? COUNTER_FRAMES_TOO_LARGE :
	    COUNTER_PROTOCOL_ERRORS, 1);
	if (log_rate_ok(&c->worker->noise, &skipped))
		log_info("%s: closed: an HTTP request: %s (%u more like this)",
		    c->peer, h->why, skipped);
	(void)http_out_refusal(&c->worker->send, h->status, true, to_head);
	conn_said_last(c, too_large ? COUNTER_CLOSED_TOO_LARGE :
	    COUNTER_CLOSED_PROTOCOL);
	return len;
}

/* The rest is to come; some wait until they are told to go on. */
static void
await_rest(struct conn *c, struct http *h, size_t len)
{
	if (h->expect && h->head_len > 0) {
		if (len == h->head_len)
			(void)http_out_continue(&c->worker->send);
		h->expect = false;
	}
	keep_parser(c, h);
}

/* What is asked for is not here: 404, 405. */
static void
turn_away(struct conn *c, const struct request *r, int status)
{
	struct tf_str method = { (const char *)r->p + r->http->method.at,
	    r->http->method.len };
	unsigned skipped;

	conn_count(c, COUNTER_HTTP_REFUSED, 1);
	if (log_rate_ok(&c->worker->noise, &skipped))
		log_info("%s: HTTP status %d: %.*s %.*s (%u more like this)",
		    c->peer, status, (int)(method.len < SHOWN ? method.len :
		    SHOWN), method.s, (int)(r->path.len < SHOWN ? r->path.len :
		    SHOWN), r->path.s, skipped);
	(void)http_out_refusal(&c->worker->send, status, r->last,
	    http_method(r->http, r->p) == HTTP_HEAD);
}

static bool
path_is(const struct request *r, const char *path)
{
	return r->path.len == strlen(path) &&
	    memcmp(r->path.s, path, r->path.len) == 0;
}

/* Where calls are taken. */
static bool
is_served(const struct conn *c, const struct request *r)
{
	const char *path = c->worker->config->http_path;

	return path == NULL || path_is(r, path);
}

/* GET and HEAD: whether there is anybody. */
static void
answer_probe(struct conn *c, const struct request *r)
{
	if (path_is(r, "/"))
		(void)http_out_refusal(&c->worker->send,
		    c->finishing ? 503 : 200, r->last,
		    http_method(r->http, r->p) == HTTP_HEAD);
	else
		turn_away(c, r, is_served(c, r) ? 405 : 404);
}

static void
answer_options(struct conn *c, const struct request *r)
{
	struct http_out o;

	http_out_response(&o, &c->worker->send, 200, r->last);
	(void)http_out_field(&o, TF_STR("Allow"), TF_STR(HTTP_ALLOW));
	http_out_body(&o);
	(void)http_out_end(&o);
}

/* A call, but in what is not served here. */
static int
refuse_body(struct conn *c, const char *why)
{
	unsigned skipped;

	conn_count(c, COUNTER_PROTOCOL_ERRORS, 1);
	if (log_rate_ok(&c->worker->noise, &skipped))
		log_info("%s: closed: an HTTP request: %s (%u more like this)",
		    c->peer, why, skipped);
	http_refuse(c, 400);
	return -1;
}

/* -1: it was no call, and has been refused. */
static int
dispatch(struct conn *c, const struct request *r, struct tf_str body)
{
	struct http_envelope h = { .request = r->http, .p = r->p,
	    .close = r->last };
	const struct envelope e = { .kind = ENVELOPE_HTTP, .http = &h,
	    .overhead = (size_t)r->http->pos - body.len };
	char why[GATE_WHY];

	if (!gate_is_open(c) && gate_refuses_body(c, body, why))
		return refuse_body(c, why);
	return dispatch_message(c, (const uint8_t *)body.s, body.len, &e);
}

/* The body where it stands, unless it came in chunks. */
static int
answer_call(struct conn *c, const struct request *r)
{
	struct tf_str body;
	struct buf joined;
	int rc;

	if (!is_served(c, r)) {
		turn_away(c, r, 404);
		return 0;
	}
	buf_init(&joined, (size_t)r->http->body_len);
	if (http_body(r->http, r->p, &joined, &body) == -1)
		fatal("out of memory: a request of %zu bytes",
		    (size_t)r->http->body_len);
	rc = dispatch(c, r, body);
	buf_fini(&joined);
	return rc;
}

static int
answer(struct conn *c, const struct request *r)
{
	switch (http_method(r->http, r->p)) {
	case HTTP_POST:
		return answer_call(c, r);
	case HTTP_GET:
	case HTTP_HEAD:
		answer_probe(c, r);
		return 0;
	case HTTP_OPTIONS:
		answer_options(c, r);
		return 0;
	default:
		turn_away(c, r, is_served(c, r) ? 405 : 404);
		return 0;
	}
}

/* Whoever leaves answers all that has been asked, and says so in the end. */
static bool
is_last(const struct conn *c, const struct http *h, size_t len)
{
	return h->close || conn_is_at_last(c) || (c->finishing &&
	    c->to_read == 0 && !layers_hold(c) && h->pos == len);
}

static size_t
handle_whole(struct conn *c, const struct http *h, const uint8_t *p,
    size_t len)
{
	struct request r = { .http = h, .p = p, .path = http_path(h, p),
	    .last = is_last(c, h, len) };

	if (answer(c, &r) == -1)
		return len;
	if (!r.last)
		return (size_t)h->pos;
	conn_said_last(c, COUNTER_CLOSED_DONE);
	return len;
}

size_t
http_handle(struct conn *c, const uint8_t *p, size_t len)
{
	struct http h;

	if (waiting_turn(c))
		return 0;
	if (c->http == NULL)
		http_init_request(&h, c->worker->config->limits.max_frame);
	else
		h = *c->http;
	switch (http_run(&h, p, len)) {
	case HTTP_MORE:
		await_rest(c, &h, len);
		return 0;
	case HTTP_BAD:
		drop_parser(c);
		return refuse_bytes(c, &h, p, len);
	default:
		drop_parser(c);
		return handle_whole(c, &h, p, len);
	}
}
