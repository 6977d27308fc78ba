/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of the calls in flight.  Replies must come in the order of the calls,
 * so a reply is compared with the head of the ring; only one that does not fit
 * there is worth asking what else it may be.
 */
#include "load_flight.h"

#include <inttypes.h>
#include <stdlib.h>

int
flight_init(struct flight *f, struct report *report, uint64_t seed,
    unsigned depth)
{
	*f = (struct flight){ .report = report, .seed = seed, .depth = depth };
	if (depth > 1)
		f->ring = calloc(depth, sizeof(*f->ring));
	return depth > 1 && f->ring == NULL ? -1 : 0;
}

void
flight_fini(struct flight *f)
{
	free(f->ring);
	f->ring = NULL;
}

void
flight_reset(struct flight *f, uint64_t conn)
{
	f->conn = conn;
	f->port = 0;
	f->next = f->oneways = 0;
	f->stalled = f->answered = false;
	f->head = f->n = 0;
}

/* The i-th oldest call in flight. */
static struct flight_call *
call_at(struct flight *f, unsigned i)
{
	return f->depth > 1 ? &f->ring[(f->head + i) % f->depth] : &f->one;
}

static struct flight_call
pop(struct flight *f)
{
	struct flight_call old;

	old = *call_at(f, 0);
	f->head = (f->head + 1) % f->depth;
	f->n--;
	f->report->out -= 1 + old.oneways;
	return old;
}

size_t
flight_issue(struct flight *f, uint8_t *dst, bool *oneway, uint64_t now_ns)
{
	struct call c;

	call_make(&c, f->seed, f->conn, f->next);
	*oneway = call_is_oneway(&c);
	f->report->of[c.kind].sent++;
	if (++f->report->out > f->report->most_out)
		f->report->most_out = f->report->out;
	if (*oneway) {
		f->oneways++;
		f->report->oneways++;
	} else {
		f->n++;
		*call_at(f, f->n - 1) = (struct flight_call){ f->next,
		    f->oneways, c.kind, now_ns };
		f->oneways = 0;
		f->report->sent++;
	}
	f->next++;
	return call_encode(&c, dst);
}

static void
tell(struct flight *f, uint32_t number, const char *class, const char *what,
    const char *detail)
{
	struct call c;
	char text[80];

	call_make(&c, f->seed, f->conn, number);
	call_describe(&c, text, sizeof(text));
	report_problem(f->report, f->conn, f->port, number, "%s %s: %s: %s",
	    class, what, text, detail);
}

/* The oldest call has been answered, one way or another. */
static void
settle(struct flight *f, enum verdict v, const char *why, int32_t app_type,
    uint64_t now_ns)
{
	struct flight_call old;

	old = pop(f);
	f->report->verdict[v]++;
	if (v < WRONG_FRAME)
		f->report->oneways_proven += old.oneways;
	if (v < VERDICT_APP) {
		f->answered = true;
		f->report->of[old.kind].right++;
		report_latency(f->report, now_ns - old.sent_ns);
		return;
	}
	if (v == VERDICT_APP)
		report_app(f->report, app_type, now_ns - old.sent_ns);
	tell(f, old.number, v == VERDICT_APP ? "application" : "wrong",
	    v == VERDICT_APP ? "exception" : report_verdict_name(v), why);
}

static void
stray(struct flight *f, enum stray s, uint32_t number, const char *why)
{
	f->report->stray[s]++;
	if (s == STRAY_UNASKED)
		report_problem(f->report, f->conn, f->port, -1,
		    "stray %s: %s", report_stray_name(s), why);
	else
		tell(f, number, "stray", report_stray_name(s), why);
}

/*
 * The reply's seqid is that of a call or oneway that was sent, but not of the
 * oldest in flight.  True if it is really that one's: then it is dealt with.
 */
static bool
find_owner(struct flight *f, uint32_t number, const struct proto_reply *r,
    uint64_t now_ns)
{
	enum verdict v;
	struct call c;
	char why[160] = "";

	call_make(&c, f->seed, f->conn, number);
	v = call_check(&c, r, why, sizeof(why));
	if (call_is_oneway(&c) && v != WRONG_NAME) {
		stray(f, STRAY_ONEWAY, number, "a oneway was answered");
		if (f->n > 0 && call_at(f, 0)->oneways > 0) {
			call_at(f, 0)->oneways--;
			f->report->out--;
		}
		return true;
	}
	if (v >= VERDICT_APP)
		return false;
	if (f->n == 0 || number < call_at(f, 0)->number) {
		stray(f, f->stalled ? STRAY_LATE : STRAY_DUPLICATE, number,
		    "answered again, or too late");
		return true;
	}
	while (call_at(f, 0)->number != number)
		settle(f, WRONG_ORDER, "a later call was answered first", 0,
		    now_ns);
	settle(f, v, "", 0, now_ns);
	return true;
}

void
flight_reply(struct flight *f, const uint8_t *buf, size_t len, uint64_t now_ns)
{
	struct proto_reply r;
	const char *error;
	uint32_t number;
	enum verdict v;
	struct call c;
	char why[160] = "";

	error = proto_get_reply(&r, buf, len);
	if (error != NULL) {
		if (f->n > 0)
			settle(f, WRONG_MESSAGE, error, 0, now_ns);
		else
			stray(f, STRAY_UNASKED, 0, error);
		return;
	}
	number = call_number(f->seed, f->conn, r.seqid);
	if (number < f->next &&
	    (f->n == 0 || number != call_at(f, 0)->number) &&
	    find_owner(f, number, &r, now_ns))
		return;
	if (f->n == 0) {
		stray(f, STRAY_UNASKED, 0, "a reply, and no call in flight");
		return;
	}
	call_make(&c, f->seed, f->conn, call_at(f, 0)->number);
	v = call_check(&c, &r, why, sizeof(why));
	settle(f, v, why, r.app_type, now_ns);
}

void
flight_bad_frame(struct flight *f, uint32_t len)
{
	char why[80];

	(void)snprintf(why, sizeof(why), "frame length is %" PRIu32, len);
	if (f->n > 0)
		settle(f, WRONG_FRAME, why, 0, 0);
	else
		stray(f, STRAY_UNASKED, 0, why);
}

void
flight_leftover(struct flight *f, size_t len)
{
	char why[80];

	(void)snprintf(why, sizeof(why), "%zu bytes, and no call in flight",
	    len);
	stray(f, STRAY_UNASKED, 0, why);
}

void
flight_expire(struct flight *f, uint64_t now_ns, uint64_t timeout_ns)
{
	struct flight_call first = { 0 }, old;
	unsigned n;
	char why[80];

	for (n = 0; f->n > 0; n++) {
		old = *call_at(f, 0);
		if (now_ns - old.sent_ns < timeout_ns)
			break;
		if (n == 0)
			first = old;
		(void)pop(f);
	}
	if (n == 0)
		return;
	f->stalled = true;
	f->report->timed_out += n;
	(void)snprintf(why, sizeof(why), "no reply for %" PRIu64 " ms; "
	    "%u calls in all", (now_ns - first.sent_ns) / 1000000, n);
	tell(f, first.number, "timed", "out", why);
}

void
flight_lose(struct flight *f, const char *how, const char *detail)
{
	char why[120];

	(void)snprintf(why, sizeof(why), "%s%s%u calls lost", detail,
	    detail[0] != '\0' ? ", " : "", f->n);
	if (f->n > 0)
		tell(f, call_at(f, 0)->number, "connection", how, why);
	else
		report_problem(f->report, f->conn, f->port, -1,
		    "connection %s: %s", how, why);
	f->report->lost += f->n;
	while (f->n > 0)
		(void)pop(f);
}
