/* SPDX-License-Identifier: Apache-2.0 */
/* Binding, with care for who else might hold the address. */
#include "io/listen.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

#define FIRST_BACKLOG	128	/* until listener_start() */

static int
set_on(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on));
}

static int
bind_one(const struct addr *a, bool group)
{
	const int off = 0;
	int fd;

	fd = socket(a->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (!addr_is_unix(a)) {
		if (set_on(fd, SOL_SOCKET, SO_REUSEADDR) == -1)
			goto fail;
		if (group && set_on(fd, SOL_SOCKET, SO_REUSEPORT) == -1)
			goto fail;
	}
	/* Not for itself: who is accepted there has it from the beginning. */
	if (!addr_is_unix(a))
		set_on(fd, IPPROTO_TCP, TCP_NODELAY);
	if (a->ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (const struct sockaddr *)&a->ss, a->len) == 0)
		return fd;
fail:
	fd_close(&fd);
	return -1;
}

/* A socket file that nobody listens on is a dead server's, and is removed. */
static int
clear_path(const struct addr *a)
{
	struct sockaddr_un sun;
	struct stat st;
	int fd, rc;

	memcpy(&sun, &a->ss, sizeof(sun));
	if (lstat(sun.sun_path, &st) == -1)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	rc = connect(fd, (const struct sockaddr *)&a->ss, a->len);
	if (rc == -1 && errno == ECONNREFUSED)
		rc = unlink(sun.sun_path);
	else {
		errno = EADDRINUSE;
		rc = -1;
	}
	fd_close(&fd);
	return rc;
}

/* Whether the address is free for a group of ours; see the header. */
static int
probe(const struct addr *a)
{
	int fd;

	if (addr_port(a) == 0)
		return 0;
	if ((fd = bind_one(a, false)) == -1)
		return -1;
	fd_close(&fd);
	return 0;
}

static int
resolve_port(struct listener *l)
{
	struct addr bound = { .len = sizeof(bound.ss) };

	if (getsockname(l->fds[0], (struct sockaddr *)&bound.ss,
	    &bound.len) == -1)
		return -1;
	addr_set_port(&l->addr, addr_port(&bound));
	addr_text(&l->addr, l->text, sizeof(l->text));
	return 0;
}

static int
note_file(struct listener *l)
{
	struct sockaddr_un sun;
	struct stat st;

	memcpy(&sun, &l->addr.ss, sizeof(sun));
	if (lstat(sun.sun_path, &st) == -1)
		return -1;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return 0;
}

/* The path may have become another server's since. */
static void
remove_file(const struct listener *l)
{
	struct sockaddr_un sun;
	struct stat st;

	memcpy(&sun, &l->addr.ss, sizeof(sun));
	if (lstat(sun.sun_path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino)
		unlink(sun.sun_path);
}

bool
listener_is_shared(const struct listener *l)
{
	return l->foreign || addr_is_unix(&l->addr);
}

unsigned
listener_index(const struct listener *l, unsigned slot)
{
	return l->indexes[slot];
}

/* The kernel's group is in the order of the first listen(2). */
int
listener_start(struct listener *l, unsigned slot, int backlog)
{
	unsigned i = listener_is_shared(l) ? 0 : slot;

	/* The length of a queue is its owner's business. */
	if (!l->foreign && listen(l->fds[i], backlog) == -1)
		return -1;
	if (l->indexes[i] == LISTENER_SILENT)
		l->indexes[i] = l->nlistening++;
	return l->fds[i];
}

void
listener_look(struct listener *l)
{
	unsigned before = l->nlistening;
	socklen_t len = sizeof(int);
	int listens;

	for (unsigned i = 0; i < l->nfds; i++)
		if (l->indexes[i] == LISTENER_SILENT &&
		    getsockopt(l->fds[i], SOL_SOCKET, SO_ACCEPTCONN, &listens,
		    &len) == 0 && listens)
			l->indexes[i] = l->nlistening++;
	/* Of two nobody knows which was first. */
	if (l->nlistening > before + 1)
		l->unordered = true;
}

static int
bind_all(struct listener *l)
{
	bool local = addr_is_unix(&l->addr);

	if ((local ? clear_path(&l->addr) : probe(&l->addr)) == -1)
		return -1;
	for (unsigned i = 0; i < l->nfds; i++) {
		if ((l->fds[i] = bind_one(&l->addr, true)) == -1)
			return -1;
		if (i == 0 && (local ? note_file(l) : resolve_port(l)) == -1)
			return -1;
		/* Others' probes see nothing before somebody listens. */
		if (i == 0 && listener_start(l, 0, FIRST_BACKLOG) == -1)
			return -1;
	}
	return 0;
}

/* Room for that many sockets. */
static int
make_room(struct listener *l, unsigned nfds)
{
	l->nfds = nfds;
	l->fds = calloc(nfds, sizeof(*l->fds));
	l->indexes = calloc(nfds, sizeof(*l->indexes));
	if (l->fds == NULL || l->indexes == NULL) {
		free(l->fds);
		l->fds = NULL;
		return -1;
	}
	for (unsigned i = 0; i < nfds; i++) {
		l->fds[i] = -1;
		l->indexes[i] = LISTENER_SILENT;
	}
	return 0;
}

int
listener_open(struct listener *l, const struct addr *a, unsigned slots,
    char *why, size_t size)
{
	memset(l, 0, sizeof(*l));
	l->addr = *a;
	addr_text(a, l->text, sizeof(l->text));
	if (make_room(l, addr_is_unix(a) ? 1 : slots) == 0 &&
	    bind_all(l) == 0)
		return 0;
	snprintf(why, size, "%s: %s", l->text, strerror(errno));
	/* A path that is not ours must survive our failure. */
	if (addr_is_unix(a) && l->fds != NULL && l->fds[0] == -1)
		l->addr.ss.ss_family = AF_UNSPEC;
	listener_close(l);
	return -1;
}

int
listener_adopt(struct listener *l, int fd, char *why, size_t size)
{
	memset(l, 0, sizeof(*l));
	l->foreign = true;
	l->addr.len = sizeof(l->addr.ss);
	if (getsockname(fd, (struct sockaddr *)&l->addr.ss,
	    &l->addr.len) == -1 || make_room(l, 1) == -1) {
		snprintf(why, size, "descriptor %d: %s", fd, strerror(errno));
		listener_close(l);
		return -1;
	}
	l->fds[0] = fd;
	addr_text(&l->addr, l->text, sizeof(l->text));
	return 0;
}

static bool
has_index(const struct listener *l, unsigned index)
{
	for (unsigned i = 0; i < l->nfds; i++)
		if (l->indexes[i] == index)
			return true;
	return false;
}

/* Whether some of a group are missing, so that others have moved up. */
static bool
has_gaps(const struct listener *l)
{
	for (unsigned i = 0; i < l->nlistening; i++)
		if (!has_index(l, i))
			return true;
	return false;
}

/* They are ours only if all goes well. */
static int
join_group(struct listener *l, const int *fds)
{
	for (unsigned i = 0; i < l->nfds; i++)
		if (fds[i] == -1 &&
		    (l->fds[i] = bind_one(&l->addr, true)) == -1)
			return -1;
	for (unsigned i = 0; i < l->nfds; i++)
		if (fds[i] != -1)
			l->fds[i] = fds[i];
	return 0;
}

int
listener_inherit(struct listener *l, const int *fds, const uint32_t *indexes,
    unsigned n)
{
	unsigned first = 0;

	while (first + 1 < n && fds[first] == -1)
		first++;
	memset(l, 0, sizeof(*l));
	l->addr.len = sizeof(l->addr.ss);
	if (getsockname(fds[first], (struct sockaddr *)&l->addr.ss,
	    &l->addr.len) == -1 || make_room(l, n) == -1 ||
	    join_group(l, fds) == -1) {
		listener_close(l);
		return -1;
	}
	for (unsigned i = 0; i < n; i++) {
		if (fds[i] == -1 || indexes[i] == LISTENER_SILENT)
			continue;
		l->indexes[i] = indexes[i];
		l->nlistening++;
	}
	l->unordered = has_gaps(l);
	addr_text(&l->addr, l->text, sizeof(l->text));
	return 0;
}

void
listener_own(struct listener *l)
{
	if (addr_is_unix(&l->addr) && !l->foreign)
		note_file(l);
}

void
listener_disown(struct listener *l)
{
	l->dev = 0;
	l->ino = 0;
}

void
listener_close(struct listener *l)
{
	free(l->indexes);
	l->indexes = NULL;
	if (l->fds == NULL)
		return;
	for (unsigned i = 0; i < l->nfds; i++)
		fd_close(&l->fds[i]);
	if (addr_is_unix(&l->addr) && !l->foreign)
		remove_file(l);
	free(l->fds);
	l->fds = NULL;
}
