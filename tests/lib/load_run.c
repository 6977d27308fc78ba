/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread, one epoll.  Time is looked after by visiting every place each
 * few milliseconds: that is cheaper than timers for calls that are nearly all
 * answered long before, and needs no memory.  The run ends when nothing more
 * may be called and nothing is owed; each call is settled or times out, so it
 * does end.
 */
#include "load_run.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "load.h"
#include "load_conn.h"
#include "load_tls.h"

#define EVENTS		256
#define OPEN_PER_ROUND	64	/* connects between two looks at the events */
#define ONCE_MAX	4096	/* once-clients at a time */

struct run {
	const struct opt	*opt;
	struct report		*report;
	struct pool		 pool;
	struct conn		*conn;
	unsigned		 nconns;	/* persistent and idle, */
	unsigned		 nplaces;	/* and those of once-clients */
	unsigned		 next_once;	/* where to look first */
	uint64_t		 once_started;	/* or skipped */
	uint64_t		 tick_at, tick_ns;
	uint64_t		 moved_at, moved_sent;
	bool			 told_ready, abort;
	int			 signal_fd;
	char			 line[8];	/* from control_fd */
	size_t			 nline;
};

static void
raise_limit(unsigned nplaces)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(LOAD_INTERNAL, "getrlimit");
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	if (rl.rlim_max < nplaces + 32)
		errx(LOAD_INTERNAL, "%u descriptors are not enough for %u "
		    "connections", (unsigned)rl.rlim_max, nplaces);
}

static void
watch(struct run *r, int fd, void *who)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = who };

	if (epoll_ctl(r->pool.epfd, EPOLL_CTL_ADD, fd, &ev) == -1)
		err(LOAD_INTERNAL, "epoll_ctl: descriptor %d", fd);
}

static void
open_signals(struct run *r)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	r->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (r->signal_fd == -1)
		err(LOAD_INTERNAL, "signalfd");
	watch(r, r->signal_fd, &r->signal_fd);
}

static void
open_places(struct run *r)
{
	const struct opt *o = r->opt;
	enum conn_kind kind;

	r->nconns = o->conns + o->idle;
	r->nplaces = r->nconns + (o->once_rate > 0 ? ONCE_MAX : 0);
	raise_limit(r->nplaces);
	r->conn = calloc(r->nplaces, sizeof(*r->conn));
	if (r->conn == NULL)
		err(LOAD_INTERNAL, "calloc");
	for (unsigned i = 0; i < r->nplaces; i++) {
		kind = i < o->conns ? CONN_PERSISTENT :
		    i < r->nconns ? CONN_IDLE : CONN_ONCE;
		if (conn_init(&r->conn[i], &r->pool, kind) == -1)
			err(LOAD_INTERNAL, "calloc");
		if (kind != CONN_ONCE)
			conn_start(&r->conn[i], &r->pool);
	}
	r->next_once = r->nconns;
}

static struct run *
run_open(const struct opt *o, struct report *report)
{
	struct run *r;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		err(LOAD_INTERNAL, "calloc");
	r->opt = r->pool.opt = o;
	r->report = r->pool.report = report;
	r->pool.random = o->seed;
	r->pool.waiting = o->conns;
	if (o->tls_ca != NULL)
		r->pool.tls = tls_client_new(o->tls_ca);
	r->pool.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (r->pool.epfd == -1)
		err(LOAD_INTERNAL, "epoll_create1");
	pool_clock(&r->pool);
	report->started_ns = r->moved_at = r->pool.now_ns;
	r->tick_ns = o->timeout_ns / 4;
	if (r->tick_ns > 10 * NS_PER_MS)
		r->tick_ns = 10 * NS_PER_MS;
	if (o->rate > 0)
		r->tick_ns = NS_PER_MS;
	open_signals(r);
	if (o->control_fd != -1)
		watch(r, o->control_fd, &r->line);
	open_places(r);
	return r;
}

static void
run_close(struct run *r)
{
	for (unsigned i = 0; i < r->nplaces; i++)
		conn_fini(&r->conn[i]);
	free(r->conn);
	tls_client_free(r->pool.tls);
	(void)close(r->signal_fd);
	(void)close(r->pool.epfd);
	free(r);
}

static void
on_signal(struct run *r)
{
	struct signalfd_siginfo si;

	while (read(r->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		r->abort = r->pool.stopping;
		r->pool.stopping = true;
	}
}

/* "stop" in a line by itself, or the end of the file. */
static void
on_control(struct run *r)
{
	char buf[64];
	ssize_t n;

	n = read(r->opt->control_fd, buf, sizeof(buf));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] != '\n') {
			r->nline += r->nline < sizeof(r->line);
			r->line[r->nline - 1] = buf[i];
			continue;
		}
		if (r->nline == 4 && memcmp(r->line, "stop", 4) == 0)
			r->pool.stopping = true;
		r->nline = 0;
	}
	if (n <= 0) {
		r->pool.stopping = true;
		(void)epoll_ctl(r->pool.epfd, EPOLL_CTL_DEL,
		    r->opt->control_fd, NULL);
	}
}

static void
tell_ready(struct run *r)
{
	if (r->told_ready || r->pool.waiting > 0 ||
	    report_right(r->report) == 0)
		return;
	r->told_ready = true;
	if (r->opt->progress_fd != -1 &&
	    write(r->opt->progress_fd, "ready\n", 6) == -1)
		warn("progress descriptor");
}

static struct conn *
free_once(struct run *r)
{
	struct conn *c;

	for (unsigned i = r->nconns; i < r->nplaces; i++) {
		if (++r->next_once >= r->nplaces)
			r->next_once = r->nconns;
		c = &r->conn[r->next_once];
		if (c->state == CONN_FREE)
			return c;
	}
	return NULL;
}

static void
start_once(struct run *r)
{
	struct pool *p = &r->pool;
	struct conn *c;
	uint64_t due;

	due = (uint64_t)((double)(p->now_ns - r->report->started_ns) / 1e9 *
	    r->opt->once_rate);
	while (r->once_started < due && p->may_open > 0 && !p->stopping) {
		r->once_started++;
		c = free_once(r);
		if (c == NULL) {
			r->report->once_skipped++;
			continue;
		}
		conn_start(c, p);
		conn_tick(c, p);
	}
}

/*
 * Without an end in time, a server that is never there would be called for
 * ever.
 */
static void
check_progress(struct run *r)
{
	uint64_t patience;

	patience = 10 * r->opt->timeout_ns;
	if (patience < 30 * NS_PER_SECOND)
		patience = 30 * NS_PER_SECOND;
	if (r->moved_sent != r->report->sent) {
		r->moved_sent = r->report->sent;
		r->moved_at = r->pool.now_ns;
	} else if (r->opt->run_ns == 0 && !r->pool.stopping &&
	    r->pool.now_ns - r->moved_at > patience) {
		r->report->stuck = r->pool.stopping = true;
		report_problem(r->report, 0, 0, -1, "stuck: no call could be "
		    "made for %d s", (int)(patience / NS_PER_SECOND));
	}
}

/* Visits every place; whether anybody may still call. */
static bool
tick(struct run *r)
{
	struct pool *p = &r->pool;
	bool alive;

	if (r->opt->run_ns != 0 &&
	    p->now_ns - r->report->started_ns >= r->opt->run_ns)
		p->stopping = true;
	p->hurry = false;
	alive = r->opt->once_rate > 0;
	for (unsigned i = 0; i < r->nplaces; i++) {
		conn_tick(&r->conn[i], p);
		alive = alive || r->conn[i].state != CONN_FREE;
	}
	check_progress(r);
	r->tick_at = p->now_ns + r->tick_ns;
	return alive;
}

static int
wait_ms(const struct run *r)
{
	uint64_t now = r->pool.now_ns;

	if (r->pool.hurry || now >= r->tick_at)
		return 0;
	if (r->opt->once_rate > 100)
		return 1;
	return (int)((r->tick_at - now + NS_PER_MS - 1) / NS_PER_MS);
}

static void
dispatch(struct run *r, const struct epoll_event *ev)
{
	if (ev->data.ptr == &r->signal_fd)
		on_signal(r);
	else if (ev->data.ptr == &r->line)
		on_control(r);
	else
		conn_event(ev->data.ptr, &r->pool, ev->events);
}

static void
turn(struct run *r)
{
	struct epoll_event ev[EVENTS];
	int n;

	n = epoll_wait(r->pool.epfd, ev, EVENTS, wait_ms(r));
	if (n == -1 && errno != EINTR)
		err(LOAD_INTERNAL, "epoll_wait");
	pool_clock(&r->pool);
	for (int i = 0; i < n; i++)
		dispatch(r, &ev[i]);
}

/* Everybody leaves; what is still in flight must be what the counts say. */
static void
leave(struct run *r)
{
	int64_t pending;

	pending = 0;
	r->pool.stopping = true;
	for (unsigned i = 0; i < r->nplaces; i++) {
		if (r->conn[i].state == CONN_OPEN)
			conn_leave(&r->conn[i], &r->pool);
		pending += r->conn[i].flight.n;
	}
	if (pending != report_pending(r->report))
		errx(LOAD_INTERNAL, "counts contradict: %lld calls are "
		    "pending, not %lld", (long long)pending,
		    (long long)report_pending(r->report));
}

void
run(const struct opt *o, struct report *report)
{
	struct run *r;
	bool alive;

	r = run_open(o, report);
	alive = true;
	while (alive && !r->abort &&
	    (!r->pool.stopping || report_pending(report) > 0)) {
		r->pool.may_open = OPEN_PER_ROUND;
		start_once(r);
		if (r->pool.hurry || r->pool.now_ns >= r->tick_at)
			alive = tick(r);
		turn(r);
		tell_ready(r);
	}
	report->ended_ns = r->pool.now_ns;
	leave(r);
	run_close(r);
}
