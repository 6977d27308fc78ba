/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All requests are the same but for their number, so the engine has a buffer
 * full of copies, of which it stamps and sends as many as there is room for.
 * What the kernel did not take is not copied either: it is the end of those
 * copies, stamped again when there is room.
 */
#include "conn.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RETRY_NS	(100 * NS_PER_MS)	/* after a failure */
#define PART_MIN	65536u			/* bytes to receive into */
#define PART_KEEP	1048576u		/* of a connection that idles */

static bool
is_oneway(const struct raw *e)
{
	return (e->message.method->flags & TF_ONEWAY) != 0;
}

void
conn_init(struct conn *c, const struct raw *e, unsigned index)
{
	*c = (struct conn){ .fd = -1, .turn = index };
	c->slots = calloc(e->nslots, sizeof(*c->slots));
	if (c->slots == NULL)
		err(1, NULL);
}

void
conn_fini(struct conn *c, struct raw *e)
{
	conn_abandon(c, e);
	if (c->fd != -1)
		close(c->fd);
	free(c->slots);
	free(c->part);
}

static void
watch(struct conn *c, const struct raw *e, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (events == c->events)
		return;
	if (epoll_ctl(e->epfd, c->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
	    c->fd, &ev) == -1)
		err(1, "epoll_ctl");
	c->events = events;
}

/* The slot's request has come to its end. */
static void
settle(struct conn *c, struct raw *e, struct slot *s, const struct outcome *o)
{
	s->used = false;
	c->flying--;
	e->flying--;
	run_count(e->run, o, &s->request, e->now);
}

static void
settle_all(struct conn *c, struct raw *e, enum outcome_kind kind,
    const char *why)
{
	const struct outcome o = { kind, 0, { why, strlen(why) } };

	for (unsigned i = 0; i < e->nslots && c->flying > 0; i++)
		if (c->slots[i].used)
			settle(c, e, &c->slots[i], &o);
}

void
conn_abandon(struct conn *c, struct raw *e)
{
	settle_all(c, e, UNANSWERED, "");
}

static void
shut(struct conn *c, const struct raw *e, uint64_t pause_ns)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->events = 0;
	c->npart = c->owed = c->handed = 0;
	c->state = CONN_CLOSED;
	c->due_ns = e->now + pause_ns;
}

/* The connection is of no use any more. */
static void
conn_lose(struct conn *c, struct raw *e, const char *why)
{
	shut(c, e, RETRY_NS);
	e->run->tally.dropped++;
	settle_all(c, e, LOST, why);
	if (c->answered && !run_is_over(e->run, e->now))
		conn_open(c, e);
}

/* It could not be made: by the next address, or later. */
static void
conn_refuse(struct conn *c, struct raw *e, int error)
{
	struct run *r = e->run;

	e->refused = error;
	shut(c, e, RETRY_NS);
	if (++c->tries % e->dial.n != 0) {
		conn_open(c, e);
		return;
	}
	/* Unix sockets have no other way to say that they are busy. */
	if (!c->was_open && error != EAGAIN) {
		snprintf(r->why, sizeof(r->why), "%s: connect: %s",
		    r->plan->target.addr, strerror(error));
		return;
	}
	if (r->tally.first[LOST].s[0] == '\0')
		snprintf(r->tally.first[LOST].s,
		    sizeof(r->tally.first[LOST].s), "connect: %s",
		    strerror(error));
}

static void
conn_opened(struct conn *c, struct raw *e)
{
	c->state = CONN_OPEN;
	e->reached_ns = e->now;
	e->dial.good = (e->dial.good + c->tries) % e->dial.n;
	c->tries = 0;
	c->answered = false;
	e->opening -= !c->was_open;
	c->was_open = true;
	watch(c, e, EPOLLIN);
	conn_pump(c, e);
}

void
conn_open(struct conn *c, struct raw *e)
{
	uint64_t limit = e->run->plan->timeout_ns;

	if ((c->fd = dial_connect(&e->dial, c->tries)) == -1) {
		conn_refuse(c, e, errno);
		return;
	}
	c->state = CONN_CONNECTING;
	c->due_ns = limit == 0 ? UINT64_MAX : e->now + limit;
	watch(c, e, EPOLLOUT);
}

/* The first len bytes of a request have been handed over, of oneways. */
static void
conn_handed(struct conn *c, struct raw *e, size_t len)
{
	static const struct outcome sent = { .kind = SENT };

	e->now = now_ns();
	c->handed += len;
	while (c->handed >= e->message.len && c->flying > 0) {
		c->handed -= e->message.len;
		settle(c, e, &c->slots[(c->seq - c->flying) & (e->nslots - 1)],
		    &sent);
	}
}

/* Sends the len bytes that end the first n copies; what is left is owed. */
static void
conn_send(struct conn *c, struct raw *e, unsigned n, size_t len)
{
	const uint8_t *end = e->out + n * e->message.len;
	ssize_t sent;

	sent = send(c->fd, end - len, len, MSG_NOSIGNAL);
	/* How the connection ended is for the reading side to find. */
	if (sent == -1)
		sent = 0;
	c->owed = len - (size_t)sent;
	e->run->tally.bytes_out += (uint64_t)sent;
	if (is_oneway(e))
		conn_handed(c, e, (size_t)sent);
}

/* The numbers of what is owed are those before the next one. */
static void
conn_send_owed(struct conn *c, struct raw *e)
{
	size_t len = e->message.len;
	unsigned n = (unsigned)((c->owed + len - 1) / len), i;

	for (i = 0; i < n; i++)
		message_stamp(&e->message, e->out + i * len, c->seq - n + i);
	conn_send(c, e, n, c->owed);
}

/*
 * Stamps as many requests as are due and have room; how many.  Replies that
 * come in another order may leave the next slot used: it is passed over, but
 * not in the middle, as numbers of what is sent at once are in a row.
 */
static unsigned
conn_take(struct conn *c, struct raw *e)
{
	struct run *r = e->run;
	struct slot *s;
	uint64_t due;
	unsigned n = 0;

	if (c->flying == r->plan->depth)
		return 0;
	while (c->slots[c->seq & (e->nslots - 1)].used)
		c->seq++;
	while (n < e->copies && c->flying < r->plan->depth) {
		s = &c->slots[c->seq & (e->nslots - 1)];
		if (s->used || !schedule_take(&r->schedule, &c->turn, e->now,
		    &due))
			break;
		*s = (struct slot){ { due, e->now }, c->seq, true };
		message_stamp(&e->message, e->out + n * e->message.len,
		    c->seq++);
		c->flying++;
		e->flying++;
		n++;
	}
	return n;
}

void
conn_pump(struct conn *c, struct raw *e)
{
	/* Of a oneway no reply will bring us here again. */
	bool all = is_oneway(e) && e->run->plan->rate > 0;
	unsigned n;

	if (c->state != CONN_OPEN || e->opening > 0)
		return;
	do {
		if (c->owed > 0 || (n = conn_take(c, e)) == 0)
			break;
		conn_send(c, e, n, n * e->message.len);
	} while (n == e->copies || all);
	watch(c, e, c->owed > 0 || (is_oneway(e) && e->run->plan->rate <= 0 &&
	    !run_is_over(e->run, e->now)) ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static bool
conn_reply(struct conn *c, struct raw *e, uint32_t seq,
    const struct outcome *o)
{
	struct slot *s = &c->slots[seq & (e->nslots - 1)];

	if (!s->used || s->seq % MESSAGE_SEQS != seq) {
		conn_lose(c, e, "a reply that no request is waiting for");
		return false;
	}
	c->answered = true;
	settle(c, e, s, o);
	return true;
}

/* All whole replies; how many bytes they take, or -1: it has ended. */
static ssize_t
conn_replies(struct conn *c, struct raw *e, const uint8_t *p, size_t len)
{
	enum message_result rc;
	struct outcome o;
	size_t at = 0, size;
	uint32_t seq;
	char why[100];

	while ((rc = message_read(&e->message, p + at, len - at, &size, &seq,
	    &o)) == MESSAGE_WHOLE) {
		if (!conn_reply(c, e, seq, &o))
			return -1;
		at += size;
	}
	if (rc == MESSAGE_MORE)
		return (ssize_t)at;
	snprintf(why, sizeof(why), "%.*s", (int)o.words.len, o.words.s);
	conn_lose(c, e, why);
	return -1;
}

/* Room for more behind the part; grown as bytes come, not as announced. */
static void
grow(struct conn *c, size_t size)
{
	c->part_size = size;
	if ((c->part = realloc(c->part, size)) == NULL)
		err(1, NULL);
}

/* p: within the part, or the shared buffer. */
static void
keep(struct conn *c, const uint8_t *p, size_t len)
{
	if (len > c->part_size)
		grow(c, len + PART_MIN);
	if (len > 0)
		memmove(c->part, p, len);
	c->npart = len;
	if (len == 0 && c->part_size > PART_KEEP)
		grow(c, PART_MIN);
}

/* A connection with nothing in the middle receives into the shared buffer. */
static void
conn_read(struct conn *c, struct raw *e)
{
	uint8_t *p = e->in;
	size_t size = RAW_IN;
	ssize_t n, used;

	if (c->npart > 0) {
		if (c->part_size - c->npart < PART_MIN)
			grow(c, 2 * c->part_size + PART_MIN);
		p = c->part;
		size = c->part_size;
	}
	n = recv(c->fd, p + c->npart, size - c->npart, 0);
	e->now = now_ns();
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_lose(c, e, n == -1 ? strerror(errno) :
		    c->npart > 0 ? "the server closed the connection in the "
		    "middle of a reply" : "the server closed the connection");
		return;
	}
	e->run->tally.bytes_in += (uint64_t)n;
	n += (ssize_t)c->npart;
	if ((used = conn_replies(c, e, p, (size_t)n)) == -1)
		return;
	if (used > 0 || c->npart == 0)
		keep(c, p + used, (size_t)(n - used));
	else
		c->npart = (size_t)n;
}

void
conn_event(struct conn *c, struct raw *e, uint32_t events)
{
	int error;

	if (c->state == CONN_CONNECTING) {
		if ((error = dial_error(c->fd)) != 0)
			conn_refuse(c, e, error);
		else
			conn_opened(c, e);
		return;
	}
	if ((events & EPOLLOUT) != 0 && c->owed > 0)
		conn_send_owed(c, e);
	if ((events & ~(uint32_t)EPOLLOUT) != 0)
		conn_read(c, e);
	conn_pump(c, e);
}

/* Who waits too long is told so, and its neighbours are lost with it. */
static void
conn_expire(struct conn *c, struct raw *e)
{
	uint64_t limit = e->run->plan->timeout_ns;
	const char *why = c->npart > 0 ? "no whole answer in time" :
	    "no answer in time";
	const struct outcome late = { TIMED_OUT, 0, { why, strlen(why) } };
	unsigned n = 0;
	struct slot *s;

	if (limit == 0 || c->flying == 0)
		return;
	for (unsigned i = 0; i < e->nslots; i++) {
		s = &c->slots[i];
		if (!s->used || e->now - s->request.sent_ns < limit)
			continue;
		settle(c, e, s, &late);
		n++;
	}
	if (n == 0)
		return;
	shut(c, e, 0);
	settle_all(c, e, LOST, "another request had no answer in time");
}

void
conn_tick(struct conn *c, struct raw *e)
{
	switch (c->state) {
	case CONN_CLOSED:
		if (e->now >= c->due_ns && (e->opening > 0 ||
		    !run_is_over(e->run, e->now)))
			conn_open(c, e);
		break;
	case CONN_CONNECTING:
		if (e->now >= c->due_ns)
			conn_refuse(c, e, ETIMEDOUT);
		break;
	case CONN_OPEN:
		conn_expire(c, e);
		conn_pump(c, e);
		break;
	}
}
