/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of the load client.  Calls are issued as replies come (closed loop)
 * or by the clock (open loop), and never while unsent ones are left, so what a
 * connection may hold is bounded.
 */
#include "load_conn.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "load.h"
#include "load_tls.h"

#define PAUSE_NS	(20 * NS_PER_MS)	/* after a failure */
#define RETRY_NS	(2 * NS_PER_MS)	/* while a unix backlog is full */

void
pool_clock(struct pool *p)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	p->now_ns = (uint64_t)ts.tv_sec * NS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

int
conn_init(struct conn *c, struct pool *p, enum conn_kind kind)
{
	*c = (struct conn){ .kind = kind };
	stream_init(&c->stream, -1);
	return flight_init(&c->flight, p->report, p->opt->seed,
	    kind == CONN_PERSISTENT ? p->opt->depth : 1);
}

/* Back to a place without a connection; says nothing, counts nothing. */
static void
conn_vacate(struct conn *c)
{
	stream_close(&c->stream);
	c->state = CONN_FREE;
}

void
conn_fini(struct conn *c)
{
	conn_vacate(c);
	flight_fini(&c->flight);
}

void
conn_start(struct conn *c, struct pool *p)
{
	flight_reset(&c->flight, ++p->made);
	c->state = CONN_WAITING;
	c->due_ns = c->since_ns = p->now_ns;
}

/* Whoever was here is gone; a successor comes if that is wanted. */
static void
conn_succeed(struct conn *c, struct pool *p, bool at_once)
{
	conn_vacate(c);
	if (c->kind == CONN_ONCE || !p->opt->reconnect || p->stopping)
		return;
	conn_start(c, p);
	if (at_once)
		p->hurry = true;
	else
		c->due_ns += PAUSE_NS;
}

static void
conn_end(struct conn *c, struct pool *p, enum ending how, const char *detail)
{
	struct flight *f = &c->flight;

	p->report->ended[how]++;
	flight_lose(f, report_ending_name(how), detail);
	conn_succeed(c, p, f->answered);
}

/* error may be one of load_tls.h. */
static void
conn_refuse(struct conn *c, struct pool *p, int error)
{
	const char *tls = c->state == CONN_SHAKING ? "TLS handshake: " : "";

	if (error == ECONNREFUSED)
		p->report->refused++;
	else
		p->report->connect_failed++;
	report_problem(p->report, c->flight.conn, c->flight.port, -1,
	    "%s: %s%s", error == ECONNREFUSED ? "refused" : "connect_failed",
	    tls, tls_why(error));
	conn_succeed(c, p, false);
}

static void
conn_watch(struct conn *c, struct pool *p, int op, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (epoll_ctl(p->epfd, op, c->stream.fd, &ev) == -1)
		err(LOAD_INTERNAL, "epoll_ctl");
}

static void
conn_flush_out(struct conn *c, struct pool *p, size_t len)
{
	if (len == 0)
		return;
	stream_send(&c->stream, p->out, len);
	if (c->stream.ntail > 0)
		conn_watch(c, p, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void
conn_flush_tail(struct conn *c, struct pool *p)
{
	stream_flush(&c->stream);
	if (c->stream.ntail == 0)
		conn_watch(c, p, EPOLL_CTL_MOD, EPOLLIN);
}

static bool
conn_wants_call(const struct conn *c, const struct pool *p)
{
	const struct flight *f = &c->flight;

	if (p->stopping || f->stalled || f->n == f->depth ||
	    c->stream.ntail > 0 || c->stream.write_error != 0)
		return false;
	switch (c->kind) {
	case CONN_ONCE:
		return f->next == 0;
	case CONN_IDLE:
		return p->now_ns >= c->due_ns;
	default:
		return p->opt->rate <= 0 || p->now_ns >= c->due_ns;
	}
}

/* From half a second to one and a half. */
static uint64_t
jitter_ns(struct pool *p)
{
	p->random = p->random * 6364136223846793005u + 1442695040888963407u;
	return NS_PER_SECOND / 2 + (p->random >> 33) % NS_PER_SECOND;
}

/* Between two calls of a connection. */
static uint64_t
interval_ns(const struct pool *p)
{
	return (uint64_t)(1e9 / p->opt->rate * p->opt->conns);
}

static size_t
conn_issue(struct conn *c, struct pool *p, size_t len)
{
	bool by_clock = c->kind == CONN_PERSISTENT && p->opt->rate > 0;
	uint64_t sent_ns = by_clock ? c->due_ns : p->now_ns;
	bool oneway;

	if (by_clock)
		c->due_ns += interval_ns(p);
	do
		len += flight_issue(&c->flight, p->out + len, &oneway,
		    sent_ns);
	while (oneway && len <= POOL_OUT - 2 * PROTO_MAX_CALL);
	if (c->kind == CONN_IDLE)
		c->due_ns = p->now_ns + jitter_ns(p);
	if (p->opt->calls != 0 && p->report->sent >= p->opt->calls)
		p->stopping = true;
	return len;
}

static void
conn_pump(struct conn *c, struct pool *p)
{
	size_t len;

	len = 0;
	while (conn_wants_call(c, p)) {
		len = conn_issue(c, p, len);
		if (len > POOL_OUT / 2) {
			conn_flush_out(c, p, len);
			len = 0;
		}
	}
	conn_flush_out(c, p, len);
}

/* All whole frames of len bytes in p->in; how many bytes they took. */
static size_t
conn_frames(struct conn *c, struct pool *p, size_t len)
{
	uint32_t n;
	size_t off;

	for (off = 0; len - off >= 4; off += 4 + n) {
		n = proto_frame_length(p->in + off);
		if (n == 0 || n > PROTO_MAX_REPLY) {
			flight_bad_frame(&c->flight, n);
			conn_end(c, p, GAVE_UP, "bad frame");
			return len;
		}
		if (len - off - 4 < n)
			break;
		flight_reply(&c->flight, p->in + off + 4, n, p->now_ns);
	}
	if (c->flight.answered && !c->ever_answered) {
		c->ever_answered = true;
		p->waiting -= c->kind == CONN_PERSISTENT;
	}
	return off;
}

static void
conn_eof(struct conn *c, struct pool *p)
{
	enum ending how;

	if (c->stream.write_error == ECONNRESET)
		how = CLOSED_RESET;
	else if (c->stream.npart > 0)
		how = CLOSED_MID_REPLY;
	else
		how = c->flight.n > 0 ? CLOSED_IN_FLIGHT : CLOSED_IDLE;
	conn_end(c, p, how, "");
}

static void
conn_read(struct conn *c, struct pool *p)
{
	ssize_t len;
	size_t used;

	len = stream_recv(&c->stream, p->in, sizeof(p->in));
	if (len == -1 && errno == EAGAIN)
		return;
	if (len == -1) {
		conn_end(c, p, errno == EPROTO ? CLOSED_BY_TLS : CLOSED_RESET,
		    tls_why(errno));
		return;
	}
	if (len == 0) {
		conn_eof(c, p);
		return;
	}
	pool_clock(p);
	used = conn_frames(c, p, (size_t)len);
	if (c->state == CONN_OPEN)
		stream_keep(&c->stream, p->in + used, (size_t)len - used);
}

static unsigned
inet_port(const struct sockaddr_storage *ss)
{
	switch (ss->ss_family) {
	case AF_INET:
		return ntohs(((const struct sockaddr_in *)ss)->sin_port);
	case AF_INET6:
		return ntohs(((const struct sockaddr_in6 *)ss)->sin6_port);
	default:
		return 0;
	}
}

static void
conn_opened(struct conn *c, struct pool *p)
{
	p->report->opened++;
	c->state = CONN_OPEN;
	c->due_ns = p->now_ns;
	/* Not all at the same moment. */
	if (c->kind == CONN_PERSISTENT && p->opt->rate > 0)
		c->due_ns += (uint64_t)((double)(c->flight.conn %
		    p->opt->conns) * 1e9 / p->opt->rate);
	conn_watch(c, p, EPOLL_CTL_MOD, EPOLLIN);
	conn_pump(c, p);
}

static void
conn_shake(struct conn *c, struct pool *p)
{
	int events = tls_shake(c->stream.tls);

	if (events == -1)
		conn_refuse(c, p, errno);
	else if (events == 0)
		conn_opened(c, p);
	else
		conn_watch(c, p, EPOLL_CTL_MOD, (uint32_t)events);
}

/*
 * Connected.  A port on loopback that nobody listens on may be connected to
 * itself, when the kernel happens to choose it for this end too.
 */
static void
conn_greeted(struct conn *c, struct pool *p)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);
	const int on = 1;

	(void)getsockname(c->stream.fd, (struct sockaddr *)&ss, &len);
	c->flight.port = inet_port(&ss);
	if (c->flight.port != 0 && c->flight.port == inet_port(&p->opt->addr)) {
		conn_refuse(c, p, ECONNREFUSED);
		return;
	}
	if (c->flight.port != 0)
		(void)setsockopt(c->stream.fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
	if (p->tls == NULL) {
		conn_opened(c, p);
		return;
	}
	c->state = CONN_SHAKING;
	c->stream.tls = tls_new(p->tls, c->stream.fd);
	conn_shake(c, p);
}

static void
conn_connect(struct conn *c, struct pool *p)
{
	const struct sockaddr *sa = (const struct sockaddr *)&p->opt->addr;
	int rc;

	stream_init(&c->stream, socket(sa->sa_family, SOCK_STREAM |
	    SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
	if (c->stream.fd == -1)
		err(LOAD_INTERNAL, "socket");
	rc = connect(c->stream.fd, sa, p->opt->addrlen);
	if (rc == -1 && errno == EAGAIN && sa->sa_family == AF_UNIX &&
	    p->now_ns - c->since_ns < p->opt->timeout_ns) {
		stream_close(&c->stream);
		c->due_ns = p->now_ns + RETRY_NS;
		return;
	}
	if (rc == -1 && errno != EINPROGRESS) {
		conn_refuse(c, p, errno);
		return;
	}
	c->state = CONN_CONNECTING;
	c->due_ns = p->now_ns + p->opt->timeout_ns;
	conn_watch(c, p, EPOLL_CTL_ADD, EPOLLOUT);
	if (rc == 0)
		conn_greeted(c, p);
}

static void
conn_connected(struct conn *c, struct pool *p)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(c->stream.fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		err(LOAD_INTERNAL, "getsockopt");
	if (error != 0)
		conn_refuse(c, p, error);
	else
		conn_greeted(c, p);
}

void
conn_leave(struct conn *c, struct pool *p)
{
	if (c->state == CONN_OPEN)
		conn_read(c, p);
	if (c->state == CONN_OPEN && c->stream.npart > 0 && c->flight.n == 0)
		flight_leftover(&c->flight, c->stream.npart);
	conn_vacate(c);
}

/* After anything that may have settled calls. */
static void
conn_go_on(struct conn *c, struct pool *p)
{
	if (c->state != CONN_OPEN)
		return;
	if (c->flight.stalled && c->flight.n == 0)
		conn_end(c, p, GAVE_UP, "timeout");
	else if (c->kind == CONN_ONCE && c->flight.n == 0 &&
	    (c->flight.next > 0 || p->stopping))
		conn_leave(c, p);
	else
		conn_pump(c, p);
}

void
conn_event(struct conn *c, struct pool *p, uint32_t events)
{
	if (c->state == CONN_CONNECTING) {
		conn_connected(c, p);
		return;
	}
	if (c->state == CONN_SHAKING) {
		conn_shake(c, p);
		return;
	}
	if (c->state == CONN_OPEN && (events & EPOLLOUT) != 0 &&
	    c->stream.ntail > 0)
		conn_flush_tail(c, p);
	if (c->state == CONN_OPEN && (events & ~(uint32_t)EPOLLOUT) != 0)
		conn_read(c, p);
	conn_go_on(c, p);
}

void
conn_tick(struct conn *c, struct pool *p)
{
	switch (c->state) {
	case CONN_FREE:
		break;
	case CONN_WAITING:
		if (p->stopping) {
			conn_vacate(c);
		} else if (p->now_ns >= c->due_ns && p->may_open == 0) {
			p->hurry = true;
		} else if (p->now_ns >= c->due_ns) {
			p->may_open--;
			conn_connect(c, p);
		}
		break;
	case CONN_CONNECTING:
	case CONN_SHAKING:
		if (p->stopping)
			conn_vacate(c);
		else if (p->now_ns >= c->due_ns)
			conn_refuse(c, p, ETIMEDOUT);
		break;
	case CONN_OPEN:
		flight_expire(&c->flight, p->now_ns, p->opt->timeout_ns);
		conn_go_on(c, p);
		break;
	}
}
