/* SPDX-License-Identifier: Apache-2.0 */
/* From the addresses in the settings to sockets that are bound, by us or by
 * the service manager. */
#include <stdio.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/run.h"
#include "server/succeed.h"
#include "shm/segment.h"

static int
refuse_more(struct tf_server *srv)
{
	return tf_server_refuse(srv, "more than %d addresses to listen on",
	    MASTER_MAX_LISTENERS);
}

static int
open_listener(struct run *run, const struct addr *a)
{
	struct tf_server *srv = run->srv;
	const char *text;
	char why[256];
	int inherited;

	if (run->nlisteners == MASTER_MAX_LISTENERS)
		return refuse_more(srv);
	if ((inherited = succeed_listener(run, a)) == -1)
		return -1;
	if (inherited == 0 && listener_open(&run->listeners[run->nlisteners],
	    a, run->slots, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "listen %s", why);
	text = run->listeners[run->nlisteners++].text;
	if (inherited == 0 || !succeed_runs(run))
		segment_add_listen(srv->segment, text);
	log_info("listening on %s%s", text, inherited == 1 ?
	    ", as the old master" : "");
	return 0;
}

static int
adopt(struct run *run, const char *address, int fd)
{
	struct tf_server *srv = run->srv;
	struct listener *l = &run->listeners[run->nlisteners];
	char why[256];

	if (run->nlisteners == MASTER_MAX_LISTENERS) {
		fd_close(&fd);
		return refuse_more(srv);
	}
	if (activation_check(fd, true, why, sizeof(why)) == -1 ||
	    listener_adopt(l, fd, why, sizeof(why)) == -1) {
		fd_close(&fd);
		return tf_server_refuse(srv, "listen %s: %s", address, why);
	}
	run->nlisteners++;
	segment_add_listen(srv->segment, l->text);
	log_info("listening on %s, %s", l->text, address);
	return 0;
}

/* All that have the name. */
static int
adopt_named(struct run *run, const char *address)
{
	struct tf_server *srv = run->srv;
	const char *name = activation_name(address);
	unsigned n = 0;
	int fd;

	for (; (fd = activation_claim(&srv->activation, name)) != -1; n++)
		if (adopt(run, address, fd) == -1)
			return -1;
	if (n > 0)
		return 0;
	return tf_server_refuse(srv, "listen %s: the service manager has "
	    "passed no such socket%s%s", address,
	    srv->activation_why[0] != '\0' ? ": " : "", srv->activation_why);
}

static int
open_one(struct run *run, const char *text, bool open)
{
	struct tf_server *srv = run->srv;
	struct addr addrs[8];
	char why[256];
	int n;

	if (activation_name(text) != NULL)
		return open ? adopt_named(run, text) : 0;
	if ((n = addr_parse(text, addrs, 8, why, sizeof(why))) == -1)
		return tf_server_refuse(srv, "listen %s: %s", text, why);
	for (int i = 0; open && i < n; i++)
		if (open_listener(run, &addrs[i]) == -1)
			return -1;
	return 0;
}

static int
each_address(struct run *run, bool open)
{
	struct tf_server *srv = run->srv;
	char why[256];

	if (settings_complete(&srv->settings, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	for (unsigned i = 0; i < srv->settings.nlisten; i++)
		if (open_one(run, srv->settings.listen[i], open) == -1)
			return -1;
	return 0;
}

static void
close_unclaimed(struct run *run)
{
	struct tf_server *srv = run->srv;

	/* A program around the server may have been passed some, too. */
	if (!srv->is_program && !run_wants_activation(run)) {
		activation_forget(&srv->activation);
		return;
	}
	for (unsigned i = 0; i < srv->activation.nfds; i++)
		if (srv->activation.fds[i].fd != -1)
			log_warnx("the service manager has passed a socket "
			    "that nothing listens on: fd:%s",
			    srv->activation.fds[i].name);
	activation_close(&srv->activation);
}

int
run_open_listeners(struct run *run)
{
	int rc;

	if (!succeed_runs(run))
		segment_clear_listen(run->srv->segment);
	rc = each_address(run, true);
	if (rc == 0)
		close_unclaimed(run);
	return rc;
}

int
run_check_listeners(struct run *run)
{
	return each_address(run, false);
}

bool
run_wants_activation(const struct run *run)
{
	const struct settings *s = &run->srv->settings;

	for (unsigned i = 0; i < s->nlisten; i++)
		if (activation_name(s->listen[i]) != NULL)
			return true;
	return false;
}

void
run_note_foreign(const struct run *run, bool *foreign)
{
	for (unsigned i = 0; i < run->nlisteners; i++)
		foreign[i] = run->listeners[i].foreign;
}

void
run_close_listeners(struct run *run)
{
	while (run->nlisteners > 0)
		listener_close(&run->listeners[--run->nlisteners]);
}
