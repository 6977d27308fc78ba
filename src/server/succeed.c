/* SPDX-License-Identifier: Apache-2.0 */
/* See succeed.h. */
#include "server/succeed.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/manager.h"
#include "shm/own.h"
#include "shm/segment.h"

bool
succeed_runs(const struct run *run)
{
	return run->srv->succession.fd != -1;
}

int
succeed_receive(struct run *run)
{
	struct tf_server *srv = run->srv;
	char why[200];

	if (!succeed_runs(run))
		return 0;
	if (succession_receive(&srv->succession, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	return 0;
}

/* With port 0 any port will do, and it is the one that clients know. */
static bool
is_bound_to(int fd, const struct addr *a)
{
	struct addr bound = { .len = sizeof(bound.ss) }, want = *a;
	char x[ADDR_TEXT], y[ADDR_TEXT];

	if (getsockname(fd, (struct sockaddr *)&bound.ss, &bound.len) == -1 ||
	    addr_is_unix(&bound) != addr_is_unix(a))
		return false;
	if (!addr_is_unix(a) && addr_port(a) == 0)
		addr_set_port(&want, addr_port(&bound));
	addr_text(&bound, x, sizeof(x));
	addr_text(&want, y, sizeof(y));
	return strcmp(x, y) == 0;
}

/* A listener of another master, by slots of ours. */
struct inheritance {
	unsigned	 slots, found;
	int		 fds[MASTER_MAX_SLOTS];	/* -1: there is none */
	uint32_t	 indexes[MASTER_MAX_SLOTS];
	struct succession_socket *from[MASTER_MAX_SLOTS];
};

/* How many slots the old master has, as far as this listener tells. */
static unsigned
slots_of(const struct succession *s, unsigned listener)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->nsockets; i++)
		n += s->sockets[i].listener == listener;
	return n;
}

static void
collect(struct inheritance *in, struct succession *s, unsigned listener)
{
	for (unsigned slot = 0; slot < in->slots; slot++) {
		in->fds[slot] = -1;
		in->indexes[slot] = LISTENER_SILENT;
	}
	for (size_t i = 0; i < s->nsockets; i++) {
		struct succession_socket *k = &s->sockets[i];

		if (k->fd == -1 || k->listener != listener ||
		    k->slot >= in->slots || in->fds[k->slot] != -1)
			continue;
		in->fds[k->slot] = k->fd;
		in->indexes[k->slot] = k->index;
		in->from[in->found++] = k;
	}
}

static int
take(struct run *run, struct listener *l, unsigned slots, unsigned listener)
{
	struct inheritance in = { .slots = slots };

	collect(&in, &run->srv->succession, listener);
	if (in.found == 0)
		return 0;
	if (succeed_runs(run) && (in.found != in.slots ||
	    slots_of(&run->srv->succession, listener) != in.slots))
		return tf_server_refuse(run->srv, "max-workers: cannot be "
		    "changed by an upgrade");
	if (listener_inherit(l, in.fds, in.indexes, in.slots) == -1)
		return tf_server_refuse(run->srv, "listen: %s",
		    strerror(errno));
	while (in.found > 0)
		in.from[--in.found]->fd = -1;
	return 1;
}

int
succeed_listener(struct run *run, struct listener *l, unsigned slots,
    const struct addr *a)
{
	struct succession *s = &run->srv->succession;

	for (size_t i = 0; i < s->nsockets; i++)
		if (s->sockets[i].fd != -1 && s->sockets[i].slot < slots &&
		    is_bound_to(s->sockets[i].fd, a))
			return take(run, l, addr_is_unix(a) ? 1 : slots,
			    s->sockets[i].listener);
	return 0;
}

struct segment *
succeed_segment(struct run *run, const struct segment_sizes *sizes)
{
	int fd = run->srv->succession.segment_fd;
	struct segment *s;

	if (fd == -1)
		return segment_create(run->srv->settings.name, sizes);
	s = segment_adopt(fd, sizes);
	if (s != NULL || errno != EPROTO)
		return s;
	run->anew = succeed_runs(run);
	log_warnx("the counters of the old master are of another kind; they "
	    "begin anew");
	return segment_create(run->srv->settings.name, sizes);
}

int
succeed_check(struct run *run)
{
	if (!run->anew || !own_has_locks(run->srv->segment))
		return 0;
	return tf_server_refuse(run->srv, "its workers would have locks of "
	    "their own, not those of the old master, whose shared memory is "
	    "of another kind");
}

struct master_limits
succeed_limits(const struct run *run)
{
	const struct succession *s = &run->srv->succession;
	struct master_limits l = run_limits(&run->srv->settings);

	if (s->configured == l.configured && s->workers >= 1 &&
	    s->workers <= run->slots)
		l.workers = s->workers;
	return l;
}

void
succeed_own(struct run *run)
{
	for (unsigned i = 0; i < run->nlisteners; i++)
		listener_own(&run->listeners[i]);
	for (unsigned i = 0; i < run->admin.nlisteners; i++)
		listener_own(&run->admin.listeners[i]);
	store_begin(run);
	succession_end(&run->srv->succession);
}

/* Nobody else can have them: the old master has just let go. */
void
succeed_inherit(void *arg)
{
	struct run *run = arg;
	const struct settings *s = &run->srv->settings;
	char why[400];

	succeed_own(run);
	run_show_listeners(run);
	if (instance_lock(&run->instance, s->name, why, sizeof(why)) == -1)
		log_errorx("upgrade: %s", why);
	if (s->pidfile != NULL && pidfile_take(&run->pidfile, s->pidfile, why,
	    sizeof(why)) == -1)
		log_errorx("upgrade: %s", why);
}

/* Sockets that the service manager has bound, as we got them. */
static unsigned
collect_foreign(const struct run *run, struct activation_fd *fds)
{
	unsigned n = 0;

	for (unsigned i = 0; i < run->nlisteners; i++) {
		const char *address =
		    run->srv->settings.listen[run->listen_of[i]];

		if (!run->listeners[i].foreign)
			continue;
		fds[n].fd = run->listeners[i].fds[0];
		strlcpy(fds[n++].name, activation_name(address),
		    ACTIVATION_NAME);
	}
	return n;
}

void
succeed_execute(void *arg, int *fd)
{
	const struct run *run = arg;
	struct activation_fd fds[MASTER_MAX_LISTENERS];
	unsigned n = collect_foreign(run, fds);

	manager_end();
	if (activation_pass(fds, n, fd) == -1)
		log_error("upgrade: sockets of the service manager");
}

void
succeed_leave(void *arg, pid_t pid)
{
	struct run *run = arg;

	manager_leave(pid);
	store_leave(run);
	for (unsigned i = 0; i < run->nlisteners; i++)
		listener_disown(&run->listeners[i]);
	for (unsigned i = 0; i < run->admin.nlisteners; i++)
		listener_disown(&run->admin.listeners[i]);
	fd_close(&run->pidfile.fd);
	instance_leave(&run->instance);
}
