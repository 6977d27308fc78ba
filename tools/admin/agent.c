/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See agent.h.  The line goes out at once, for a new socket has room; then it
 * is waited for the other side's end, because to close with something unread
 * would take the line back.  Who does not end within a second, or is one too
 * many, has had his line.
 */
#include "agent.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "capacity.h"

#define MOST		64		/* who are waited for */
#define WAIT_MS		1000

struct told {
	TAILQ_ENTRY(told) link;
	struct agent	*agent;
	int		 fd;
	struct tf_watch	*watch;
	uint64_t	 until_ms;
};
TAILQ_HEAD(told_list, told);

struct agent {
	struct tf_loop	*loop;
	struct view	*view;
	struct capacity	*capacity;
	struct tf_timer	*look;
	struct told_list told;		/* oldest first */
	unsigned	 n;
};

static void
forget(struct told *t)
{
	struct agent *a = t->agent;

	TAILQ_REMOVE(&a->told, t, link);
	a->n--;
	tf_watch_free(t->watch);
	close(t->fd);
	free(t);
}

static void
says(void *arg, unsigned events)
{
	struct told *t = arg;
	char unread[4096];
	ssize_t n;

	(void)events;
	n = recv(t->fd, unread, sizeof(unread), MSG_DONTWAIT);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		forget(t);
}

static void
expire(struct agent *a, uint64_t now_ms)
{
	struct told *t;

	while ((t = TAILQ_FIRST(&a->told)) != NULL && (a->n > MOST ||
	    t->until_ms <= now_ms))
		forget(t);
}

static void
look(void *arg)
{
	struct agent *a = arg;
	uint64_t now = view_now_ms();

	if (!a->view->gone)
		capacity_look(a->capacity, a->view->source.stat, now);
	expire(a, now);
	tf_timer_set(a->look, CAPACITY_LOOK_MS);
}

static void
say(struct agent *a, int fd)
{
	char line[CAPACITY_LINE];

	view_look(a->view);
	if (a->view->gone)
		strlcpy(line, "down#the master has gone\n", sizeof(line));
	else
		capacity_line(a->capacity, a->view->source.stat, line);
	if (send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) != -1)
		shutdown(fd, SHUT_WR);
}

void
agent_arrived(void *arg, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct agent *a = arg;
	struct told *t = calloc(1, sizeof(*t));

	(void)sa;
	(void)len;
	if (t == NULL)
		err(1, NULL);
	say(a, fd);
	*t = (struct told){ .agent = a, .fd = fd,
	    .until_ms = view_now_ms() + WAIT_MS };
	TAILQ_INSERT_TAIL(&a->told, t, link);
	a->n++;
	t->watch = tf_watch_new(a->loop, fd, TF_READ, says, t);
	if (t->watch == NULL)
		forget(t);
	expire(a, 0);
}

struct agent *
agent_new(struct tf_loop *loop, struct view *view)
{
	struct agent *a = calloc(1, sizeof(*a));

	if (a == NULL)
		err(1, NULL);
	a->loop = loop;
	a->view = view;
	a->capacity = capacity_new();
	TAILQ_INIT(&a->told);
	a->look = tf_timer_new(loop, look, a);
	tf_timer_set(a->look, 0);
	return a;
}

void
agent_free(struct agent *a)
{
	struct told *t;

	if (a == NULL)
		return;
	while ((t = TAILQ_FIRST(&a->told)) != NULL)
		forget(t);
	tf_timer_free(a->look);
	capacity_free(a->capacity);
	free(a);
}
