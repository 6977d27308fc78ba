/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and order.  A name says all that cannot be seen from the socket.  The
 * manager ignores what it has already and removes all that has a name, so what
 * is stale is removed first and everything that is ours is sent after that; and
 * a message that it has no room for stops those behind it, until later.
 */
#include "server/store.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "server/notify.h"
#include "server/run.h"
#include "server/succeed.h"
#include "shm/segment.h"

#define PATIENCE_NS	NS_PER_S	/* with a manager that is behind */

/* ---- names */

/* A colon would end it, and only ASCII may be in it. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text == ':')
			*text = ',';
		else if (*text <= ' ' || *text > '~')
			*text = '?';
}

void
store_name(char *name, size_t size, const struct addr *a, unsigned slot,
    uint32_t index)
{
	char text[ADDR_TEXT];

	addr_text(a, text, sizeof(text));
	make_printable(text);
	snprintf(name, size, STORE_PREFIX "%u/%u/%s", slot, (unsigned)index,
	    text);
}

/* Digits up to a slash: what is behind it; NULL: there are none. */
static const char *
parse_number(const char *text, unsigned *number)
{
	char digits[12];
	size_t len = strspn(text, "0123456789");
	const char *error;

	if (len == 0 || len >= sizeof(digits) || text[len] != '/')
		return NULL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	*number = (unsigned)strtonum(digits, 0, INT32_MAX, &error);
	return error == NULL ? text + len + 1 : NULL;
}

static bool
is_ours(const char *name)
{
	return strncmp(name, STORE_PREFIX, sizeof(STORE_PREFIX) - 1) == 0;
}

int
store_parse(const char *name, unsigned *slot, uint32_t *index)
{
	const char *p;

	if (!is_ours(name))
		return -1;
	p = parse_number(name + sizeof(STORE_PREFIX) - 1, slot);
	if (p == NULL || (p = parse_number(p, index)) == NULL)
		return -1;
	return *p != '\0' ? 0 : -1;
}

bool
store_is_passed(void)
{
	const char *p = getenv("LISTEN_FDNAMES");

	while (p != NULL && !is_ours(p))
		if ((p = strchr(p, ':')) != NULL)
			p++;
	return p != NULL;
}

/* ---- what a dead master has left */

static bool
get_address(int fd, struct addr *a)
{
	a->len = sizeof(a->ss);
	return getsockname(fd, (struct sockaddr *)&a->ss, &a->len) == 0;
}

static bool
has_file(const struct addr *a)
{
	struct sockaddr_un sun;
	struct stat st;

	memcpy(&sun, &a->ss, sizeof(sun));
	return sun.sun_path[0] != '\0' && lstat(sun.sun_path, &st) == 0 &&
	    S_ISSOCK(st.st_mode);
}

static bool
shares_port(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, &len) == 0 &&
	    on != 0;
}

/* Whether a client can still reach it, and it is what its name says. */
static int
check_socket(int fd, const char *name, struct succession_socket *k, char *why,
    size_t size)
{
	char own[STORE_NAME];
	struct addr a;

	if (store_parse(name, &k->slot, &k->index) == -1) {
		snprintf(why, size, "a name that is none of ours");
		return -1;
	}
	if (activation_check(fd, true, why, size) == -1)
		return -1;
	if (!get_address(fd, &a) || (addr_is_unix(&a) ? !has_file(&a) :
	    !shares_port(fd))) {
		snprintf(why, size, "nobody can reach it");
		return -1;
	}
	store_name(own, sizeof(own), &a, k->slot, k->index);
	if (strcmp(own, name) == 0)
		return 0;
	snprintf(why, size, "it is not what it is called");
	return -1;
}

/* Sockets of one address are one listener's. */
static unsigned
find_listener(const struct succession *s, int fd)
{
	struct addr a, b;
	unsigned next = 0;

	get_address(fd, &a);
	for (size_t i = 0; i < s->nsockets; i++) {
		if (get_address(s->sockets[i].fd, &b) && a.len == b.len &&
		    memcmp(&a.ss, &b.ss, a.len) == 0)
			return s->sockets[i].listener;
		if (s->sockets[i].listener >= next)
			next = s->sockets[i].listener + 1;
	}
	return next;
}

static int
keep(struct succession *s, const char *name, int fd, char *why, size_t size)
{
	struct succession_socket k = { .fd = fd };

	if (strcmp(name, STORE_SEGMENT) == 0) {
		if (s->segment_fd == -1) {
			s->segment_fd = fd;
			return 0;
		}
		snprintf(why, size, "there is another one");
		return -1;
	}
	if (check_socket(fd, name, &k, why, size) == -1)
		return -1;
	k.listener = find_listener(s, fd);
	if (succession_add(s, &k) == 0)
		return 0;
	snprintf(why, size, "out of memory");
	return -1;
}

static void
note_stale(struct store *st, const char *name)
{
	char (*more)[STORE_NAME];

	for (size_t i = 0; i < st->nstale; i++)
		if (strcmp(st->stale[i], name) == 0)
			return;
	more = reallocarray(st->stale, st->nstale + 1, sizeof(*more));
	if (more == NULL)
		return;
	st->stale = more;
	strlcpy(more[st->nstale++], name, STORE_NAME);
}

/* Whether the settings call a socket of the manager's own by that name. */
static bool
is_listened_on(const struct settings *s, const char *name)
{
	for (unsigned i = 0; i < s->nlisten; i++) {
		const char *own = activation_name(s->listen[i]);

		if (own != NULL && strcmp(own, name) == 0)
			return true;
	}
	return false;
}

static void
receive_one(struct run *run, struct activation_fd *from)
{
	char why[256];
	int fd = from->fd;

	if (fd == -1 || !is_ours(from->name) ||
	    is_listened_on(&run->srv->settings, from->name))
		return;
	from->fd = -1;
	if (keep(&run->srv->succession, from->name, fd, why,
	    sizeof(why)) == 0)
		return;
	log_warnx("the service manager has kept what is of no use: %s: %s",
	    from->name, why);
	fd_close(&fd);
	note_stale(&run->store, from->name);
}

void
store_receive(struct run *run)
{
	struct tf_server *srv = run->srv;

	if (succeed_runs(run))
		return;
	if (srv->activation_bad && !run_wants_activation(run))
		log_warnx("from the service manager nothing is taken: %s",
		    srv->activation_why);
	for (unsigned i = 0; i < srv->activation.nfds; i++)
		receive_one(run, &srv->activation.fds[i]);
}

/* For all who have it, or clients would go on to wait there. */
static void
shut(struct succession *s)
{
	for (size_t i = 0; i < s->nsockets; i++)
		if (s->sockets[i].fd != -1)
			shutdown(s->sockets[i].fd, SHUT_RDWR);
}

void
store_refuse(struct run *run)
{
	store_receive(run);
	shut(&run->srv->succession);
	succession_end(&run->srv->succession);
	store_leave(run);
}

/* ---- what the next one shall find */

static void
note_untaken(struct run *run)
{
	struct succession *s = &run->srv->succession;
	char name[STORE_NAME];
	struct addr a;

	for (size_t i = 0; i < s->nsockets; i++) {
		const struct succession_socket *k = &s->sockets[i];

		if (k->fd == -1 || k->index == SUCCESSION_NONE ||
		    !get_address(k->fd, &a))
			continue;
		store_name(name, sizeof(name), &a, k->slot, k->index);
		note_stale(&run->store, name);
	}
}

static bool
is_same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* 0: all are removed, or nobody has them. */
static int
remove_stale(struct store *st)
{
	while (st->nstale > 0) {
		if (notify_fd_remove(st->stale[st->nstale - 1]) == -1 &&
		    errno != EINVAL)
			return -1;
		st->nstale--;
	}
	return 0;
}

static int
send_listener(struct run *run, unsigned i)
{
	const struct listener *l = &run->listeners[i];
	bool *kept = run->store.kept + (size_t)i * run->slots;
	char name[STORE_NAME];

	for (unsigned slot = 0; !l->foreign && slot < l->nfds; slot++) {
		if (kept[slot] || l->indexes[slot] == LISTENER_SILENT)
			continue;
		store_name(name, sizeof(name), &l->addr, slot,
		    l->indexes[slot]);
		if (notify_fd(name, l->fds[slot], true) == -1)
			return -1;
		kept[slot] = true;
	}
	return 0;
}

void
store_update(void *arg)
{
	struct run *run = arg;
	struct store *st = &run->store;

	if (!st->active || remove_stale(st) == -1)
		return;
	if (!st->kept_segment && notify_fd(STORE_SEGMENT,
	    segment_write_fd(run->srv->segment), true) == -1)
		return;
	st->kept_segment = true;
	for (unsigned i = 0; i < run->nlisteners; i++)
		if (send_listener(run, i) == -1)
			return;
}

void
store_begin(struct run *run)
{
	struct succession *s = &run->srv->succession;
	struct store *st = &run->store;

	note_untaken(run);
	if (s->segment_fd != -1 && !is_same_file(s->segment_fd,
	    segment_write_fd(run->srv->segment)))
		note_stale(st, STORE_SEGMENT);
	if (!succeed_runs(run))
		shut(s);
	st->kept = calloc((size_t)run->nlisteners * run->slots + 1,
	    sizeof(*st->kept));
	if (st->kept == NULL || !notify_has_manager())
		return;
	st->active = true;
	notify_wait_until(clock_ns() + PATIENCE_NS);
	store_update(run);
	notify_wait_until(0);
}

static void
note_listener(struct run *run, unsigned i)
{
	const struct listener *l = &run->listeners[i];
	const bool *kept = run->store.kept + (size_t)i * run->slots;
	char name[STORE_NAME];

	for (unsigned slot = 0; slot < l->nfds; slot++) {
		if (!kept[slot])
			continue;
		store_name(name, sizeof(name), &l->addr, slot,
		    l->indexes[slot]);
		note_stale(&run->store, name);
	}
}

void
store_end(struct run *run)
{
	struct store *st = &run->store;

	if (st->active) {
		for (unsigned i = 0; i < run->nlisteners; i++)
			note_listener(run, i);
		if (st->kept_segment)
			note_stale(st, STORE_SEGMENT);
		notify_wait_until(clock_ns() + PATIENCE_NS);
		if (remove_stale(st) == -1)
			log_warn("the service manager keeps what it should "
			    "not");
		notify_wait_until(0);
	}
	store_leave(run);
}

void
store_leave(struct run *run)
{
	free(run->store.kept);
	free(run->store.stale);
	run->store = (struct store){ .active = false };
}
