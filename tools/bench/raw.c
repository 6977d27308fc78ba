/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine for compact and binary, framed and unframed, over plain sockets:
 * one thread, one epoll instance, bytes that were encoded once.  The library's
 * clients allocate, encode, decode and time each call by itself, which costs
 * more than a fast server spends on it; this engine costs about what the server
 * costs that decodes nothing, and so one core of it drives any other.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "conn.h"

#define EVENTS	256

struct engine {
	struct raw	 raw;
	struct conn	*conn;
	uint64_t	 next;		/* request of the open loop to come */
	uint64_t	 armed_ns;
	uint64_t	 tick_ns;
};

static unsigned
power_of_two(unsigned n)
{
	unsigned p = 1;

	while (p < n)
		p *= 2;
	return p;
}

static void
init_message(struct raw *e, const struct plan *p)
{
	const struct target *t = &p->target;
	const char *why;
	size_t len;

	if (message_init(&e->message, t->method, t->protocol[0] == 'b' ?
	    TF_BINARY : TF_COMPACT, t->framing[0] == 'f', p->check, t->service,
	    t->args, &why) == -1)
		errx(2, "the arguments of %s: %s", t->method->name, why);
	len = e->message.len;
	e->copies = len < RAW_OUT ? (unsigned)(RAW_OUT / len) : 1;
	e->in = malloc(RAW_IN);
	e->out = malloc(e->copies * len);
	if (e->in == NULL || e->out == NULL)
		err(1, NULL);
	for (unsigned i = 0; i < e->copies; i++)
		memcpy(e->out + i * len, e->message.bytes, len);
}

static void
init_epoll(struct raw *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	e->epfd = epoll_create1(EPOLL_CLOEXEC);
	e->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK |
	    TFD_CLOEXEC);
	if (e->epfd == -1 || e->timer == -1 ||
	    epoll_ctl(e->epfd, EPOLL_CTL_ADD, e->timer, &ev) == -1)
		err(1, "epoll");
}

static void
engine_open(struct engine *g, struct run *r)
{
	struct raw *e = &g->raw;

	*g = (struct engine){ .raw = { .run = r,
	    .opening = r->plan->conns, .refused = ETIMEDOUT,
	    .nslots = power_of_two(r->plan->depth) } };
	if (!dial_init(&e->dial, r->plan->target.addr))
		errx(1, "%s: no such address", r->plan->target.addr);
	init_message(e, r->plan);
	init_epoll(e);
	r->tally.knows_bytes = true;
	g->conn = calloc(r->plan->conns, sizeof(*g->conn));
	if (g->conn == NULL)
		err(1, NULL);
	e->now = now_ns();
	for (unsigned i = 0; i < r->plan->conns; i++)
		conn_init(&g->conn[i], e, i);
}

static void
engine_close(struct engine *g)
{
	struct raw *e = &g->raw;

	e->now = now_ns();
	for (unsigned i = 0; i < e->run->plan->conns; i++)
		conn_fini(&g->conn[i], e);
	free(g->conn);
	close(e->epfd);
	close(e->timer);
	message_fini(&e->message);
	free(e->in);
	free(e->out);
}

/* Hands out what the schedule says, and has the timer go off at the next. */
static void
follow_schedule(struct engine *g)
{
	struct raw *e = &g->raw;
	const struct schedule *s = &e->run->schedule;
	uint64_t passed, due;
	struct itimerspec at = { .it_value.tv_sec = 0 };

	if (s->period_ns <= 0)
		return;
	passed = schedule_passed(s, e->now);
	for (unsigned n = 0; g->next < passed && n < s->conns; n++)
		conn_pump(&g->conn[g->next++ % s->conns], e);
	g->next = passed;
	due = schedule_due(s, g->next);
	if (due == g->armed_ns || due == UINT64_MAX)
		return;
	g->armed_ns = due;
	at.it_value.tv_sec = (time_t)(due / NS_PER_S);
	at.it_value.tv_nsec = (long)(due % NS_PER_S);
	if (timerfd_settime(e->timer, TFD_TIMER_ABSTIME, &at, NULL) == -1)
		err(1, "timerfd_settime");
}

static void
disarm(const struct raw *e)
{
	uint64_t expirations;

	if (read(e->timer, &expirations, sizeof(expirations)) == -1 &&
	    errno != EAGAIN)
		err(1, "timerfd");
}

static bool
is_reached(const struct engine *g)
{
	for (unsigned i = 0; i < g->raw.run->plan->conns; i++)
		if (g->conn[i].state == CONN_OPEN)
			return true;
	return false;
}

/* A run of so many requests would wait for ever for a server that is gone. */
static void
check_reached(struct engine *g)
{
	struct raw *e = &g->raw;
	struct run *r = e->run;
	const struct plan *p = r->plan;

	if (is_reached(g))
		e->reached_ns = e->now;
	if (p->time_ns != 0 || p->timeout_ns == 0 || e->opening > 0 ||
	    e->now - e->reached_ns < p->timeout_ns || run_is_over(r, e->now))
		return;
	snprintf(r->gone, sizeof(r->gone), "%s: no connection for %s: %s",
	    p->target.addr, p->target.timeout, strerror(e->refused));
	r->interrupted = true;
	schedule_stop(&r->schedule, e->now);
}

static void
turn(struct engine *g)
{
	struct epoll_event ev[EVENTS];
	struct raw *e = &g->raw;
	int n = epoll_wait(e->epfd, ev, EVENTS, TICK_MS);

	if (n == -1 && errno != EINTR)
		err(1, "epoll_wait");
	e->now = now_ns();
	for (int i = 0; i < n; i++) {
		if (ev[i].data.ptr == NULL)
			disarm(e);
		else
			conn_event(ev[i].data.ptr, e, ev[i].events);
	}
	follow_schedule(g);
	if (e->now < g->tick_ns)
		return;
	run_tick(e->run, e->now);
	for (unsigned i = 0; i < e->run->plan->conns; i++)
		conn_tick(&g->conn[i], e);
	check_reached(g);
	g->tick_ns = e->now + TICK_MS * NS_PER_MS;
}

/* Until all are open; false: they cannot be. */
static bool
open_all(struct engine *g)
{
	struct raw *e = &g->raw;
	struct run *r = e->run;

	for (unsigned i = 0; i < r->plan->conns && r->why[0] == '\0'; i++)
		conn_open(&g->conn[i], e);
	/* There is no schedule yet, and it would be over. */
	while (e->opening > 0 && r->why[0] == '\0' && !r->interrupted)
		turn(g);
	if (r->interrupted)
		snprintf(r->why, sizeof(r->why), "interrupted before %u "
		    "connections were open", r->plan->conns);
	return r->why[0] == '\0';
}

int
raw_run(struct run *r)
{
	struct engine g;
	struct raw *e = &g.raw;

	r->few_words = true;
	engine_open(&g, r);
	if (open_all(&g)) {
		run_begin(r);
		e->now = now_ns();
		for (unsigned i = 0; i < r->plan->conns; i++)
			conn_pump(&g.conn[i], e);
		while ((!run_is_over(r, e->now) || e->flying > 0) &&
		    !run_is_cut())
			turn(&g);
	}
	e->now = now_ns();
	for (unsigned i = 0; i < r->plan->conns; i++)
		conn_abandon(&g.conn[i], e);
	run_end(r);
	engine_close(&g);
	return r->why[0] == '\0' ? 0 : -1;
}
