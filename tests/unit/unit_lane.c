/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_lane.h. */
#include "unit_lane.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
sum(const uint64_t *words, const int *of, size_t n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += words[of[i]];
	return all;
}
#define SUM(words, of)	sum(words, of, sizeof(of) / sizeof(of[0]))

/* Each error has one kind; how many there are. */
static uint64_t
method_adds_up(const struct lane_method *m)
{
	static const int ends[] = { METHOD_REPLIES, METHOD_EXCEPTIONS,
	    METHOD_ERRORS, METHOD_ONEWAYS };
	static const int kinds[] = { METHOD_ERRORS_UNKNOWN,
	    METHOD_ERRORS_MESSAGE, METHOD_ERRORS_ARGUMENTS,
	    METHOD_ERRORS_REFUSED, METHOD_ERRORS_EXPIRED, METHOD_ERRORS_SHED,
	    METHOD_ERRORS_TIMED_OUT, METHOD_ERRORS_ABANDONED,
	    METHOD_ERRORS_FAILED, METHOD_ERRORS_REPLY };

	ck_assert_uint_eq(SUM(m->count, ends), m->count[METHOD_CALLS]);
	ck_assert_uint_eq(SUM(m->count, kinds), m->count[METHOD_ERRORS]);
	ck_assert_uint_le(m->count[METHOD_THREADED], m->count[METHOD_CALLS]);
	ck_assert_uint_le(m->count[METHOD_WAIT_MAX],
	    m->count[METHOD_WAIT_SUM]);
	ck_assert_uint_le(m->count[METHOD_TIME_MAX],
	    m->count[METHOD_TIME_SUM]);
	return m->count[METHOD_ERRORS];
}

/* What is closed has been open, and closed for one reason. */
static void
connections_add_up(const uint64_t *count)
{
	static const int reasons[] = { COUNTER_CLOSED_BY_PEER,
	    COUNTER_CLOSED_DONE, COUNTER_CLOSED_IDLE, COUNTER_CLOSED_FRAME,
	    COUNTER_CLOSED_WRITE, COUNTER_CLOSED_ERROR,
	    COUNTER_CLOSED_PROTOCOL, COUNTER_CLOSED_TOO_LARGE,
	    COUNTER_CLOSED_TLS, COUNTER_CLOSED_REFUSED, COUNTER_CLOSED_DRAIN,
	    COUNTER_CLOSED_STOP, COUNTER_CLOSED_QUIT };

	ck_assert_uint_eq(count[COUNTER_CONNECTIONS_CLOSED],
	    SUM(count, reasons));
	ck_assert_uint_ge(count[COUNTER_CONNECTIONS_ACCEPTED] +
	    count[COUNTER_CONNECTIONS_MOVED_IN],
	    count[COUNTER_CONNECTIONS_CLOSED] +
	    count[COUNTER_CONNECTIONS_MOVED_OUT]);
}

static void
turns_add_up(const struct lane *l, unsigned methods)
{
	const uint64_t *hist = (const uint64_t *)l +
	    lane_worker_hist_offset(WORKER_HIST_LOOP_LAG, methods) / 8;
	uint64_t turns = 0;

	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		turns += hist[i];
	ck_assert_uint_eq(turns, l->count[COUNTER_LOOP_WAKEUPS]);
	ck_assert_uint_le(l->count[COUNTER_LOOP_LAG_MAX],
	    l->count[COUNTER_LOOP_LAG_SUM]);
}

void
unit_lane_adds_up(const struct lane *l, unsigned methods)
{
	static const int kinds[] = { COUNTER_UNKNOWN_METHODS,
	    COUNTER_MESSAGE_ERRORS, COUNTER_ARGUMENT_ERRORS,
	    COUNTER_CALLS_REFUSED, COUNTER_CALLS_EXPIRED, COUNTER_CALLS_SHED,
	    COUNTER_CALLS_TIMED_OUT, COUNTER_CALLS_ABANDONED,
	    COUNTER_CALLS_FAILED, COUNTER_REPLY_ERRORS };
	uint64_t begun = 0, calls = 0, errors = 0;

	connections_add_up(l->count);
	turns_add_up(l, methods);
	for (unsigned m = 0; m < methods; m++) {
		ck_assert_uint_ge(l->method[m].count[METHOD_BEGUN],
		    l->method[m].count[METHOD_CALLS]);
		begun += l->method[m].count[METHOD_BEGUN];
		calls += l->method[m].count[METHOD_CALLS];
		errors += method_adds_up(&l->method[m]);
	}
	ck_assert_uint_eq(begun, l->count[COUNTER_CALLS_BEGUN]);
	ck_assert_uint_eq(calls, l->count[COUNTER_CALLS_ENDED]);
	ck_assert_uint_eq(errors, SUM(l->count, kinds));
	ck_assert_uint_le(l->count[COUNTER_HEADER_ERRORS],
	    l->count[COUNTER_MESSAGE_ERRORS]);
}

struct lane *
unit_lane_new(unsigned methods)
{
	size_t size = (sizeof(struct lane_desk) + lane_size(methods) + 63) &
	    ~63ul;
	struct lane_desk *desk = aligned_alloc(64, size);
	struct lane *l = (void *)(desk + 1);

	memset(desk, 0, size);
	lane_init(l, methods);
	return l;
}
