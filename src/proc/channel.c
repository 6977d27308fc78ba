/* SPDX-License-Identifier: Apache-2.0 */
/* See channel.h. */
#include "proc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"

#define WAITING_MAX	4096

struct waiting_order {
	STAILQ_ENTRY(waiting_order) link;
	struct order	 order;
	int		 fd;
	bool		 lent;		/* not ours to close */
};

int
channel_open(struct channel *ch, struct loop *loop, int fd, watch_fn *fn)
{
	*ch = (struct channel){ .loop = loop, .fd = fd, .watch.fd = -1 };
	STAILQ_INIT(&ch->waiting);
	return watch_add(loop, &ch->watch, fd, EPOLLIN, fn);
}

static void
drop_first(struct channel *ch)
{
	struct waiting_order *w = STAILQ_FIRST(&ch->waiting);

	STAILQ_REMOVE_HEAD(&ch->waiting, link);
	if (!w->lent)
		fd_close(&w->fd);
	free(w);
	ch->nwaiting--;
}

void
channel_close(struct channel *ch)
{
	if (ch->fd == -1)
		return;
	watch_remove(ch->loop, &ch->watch);
	fd_close(&ch->fd);
	while (!STAILQ_EMPTY(&ch->waiting))
		drop_first(ch);
}

static bool
is_full(void)
{
	return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ||
	    errno == ETOOMANYREFS || errno == EINTR;
}

/* What is still said to it is lost with it. */
static bool
is_dead(void)
{
	return errno == EPIPE || errno == ECONNRESET;
}

void
channel_ready(struct channel *ch, uint32_t events)
{
	struct waiting_order *w;

	if ((events & (EPOLLHUP | EPOLLERR)) && !(events & EPOLLIN)) {
		watch_remove(ch->loop, &ch->watch);
		return;
	}
	if (!(events & EPOLLOUT))
		return;
	while ((w = STAILQ_FIRST(&ch->waiting)) != NULL) {
		if (fd_send(ch->fd, &w->order, sizeof(w->order), w->fd,
		    MSG_DONTWAIT) == -1 && is_full())
			return;
		drop_first(ch);
	}
	watch_change(ch->loop, &ch->watch, EPOLLIN);
}

static int
enqueue(struct channel *ch, const struct order *o, int fd, bool lent)
{
	struct waiting_order *w;

	if ((!lent && ch->nwaiting == WAITING_MAX) ||
	    (w = calloc(1, sizeof(*w))) == NULL)
		return -1;
	w->order = *o;
	w->lent = lent;
	w->fd = fd == -1 || lent ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd != -1 && w->fd == -1) {
		free(w);
		return -1;
	}
	STAILQ_INSERT_TAIL(&ch->waiting, w, link);
	ch->nwaiting++;
	if (ch->watch.fd == -1)
		return -1;
	return watch_change(ch->loop, &ch->watch, EPOLLIN | EPOLLOUT);
}

static int
send_order(struct channel *ch, const struct order *o, int fd, bool lent)
{
	if (ch->fd == -1)
		return -1;
	if (STAILQ_EMPTY(&ch->waiting)) {
		if (fd_send(ch->fd, o, sizeof(*o), fd,
		    MSG_DONTWAIT) == 0)
			return 0;
		if (!is_full())
			return is_dead() ? 0 : -1;
	}
	return enqueue(ch, o, fd, lent);
}

int
channel_send(struct channel *ch, const struct order *o, int fd)
{
	return send_order(ch, o, fd, false);
}

int
channel_lend(struct channel *ch, const struct order *o, int fd)
{
	return send_order(ch, o, fd, true);
}

int
channel_try(struct channel *ch, const struct message *m, size_t size, int fd)
{
	if (ch->fd == -1 || !STAILQ_EMPTY(&ch->waiting)) {
		errno = EAGAIN;
		return -1;
	}
	return fd_send(ch->fd, m, size, fd, MSG_DONTWAIT);
}

ssize_t
channel_receive(struct channel *ch, struct message *m, int *fd)
{
	ssize_t n;

	*fd = -1;
	if (ch->fd == -1)
		return 0;
	n = fd_recv(ch->fd, m, sizeof(*m), fd, MSG_DONTWAIT);
	/* Told once, of one that died with something unread. */
	if (n == -1 && errno == ECONNRESET)
		n = fd_recv(ch->fd, m, sizeof(*m), fd, MSG_DONTWAIT);
	return n;
}
