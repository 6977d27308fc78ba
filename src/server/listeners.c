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

static const struct rules *
rules_of(const struct run *run, unsigned listener)
{
	return &run->srv->settings.listen_rules[run->listen_of[listener]];
}

static void
announce(const struct run *run, unsigned listener, const char *how)
{
	char text[RULES_TEXT];

	rules_text(rules_of(run, listener), text, sizeof(text));
	log_info("listening on %s%s%s%s%s", run->listeners[listener].text, how,
	    *text != '\0' ? " (" : "", *text != '\0' ? text + 1 : "",
	    *text != '\0' ? ")" : "");
}

/* Of the index-th address of the settings. */
static int
open_listener(struct run *run, unsigned index, const struct addr *a)
{
	struct tf_server *srv = run->srv;
	struct listener *l = &run->listeners[run->nlisteners];
	char why[256];
	int inherited;

	if (run->nlisteners == MASTER_MAX_LISTENERS)
		return refuse_more(srv);
	if ((inherited = succeed_listener(run, l, run->slots, a)) == -1)
		return -1;
	if (inherited == 0 && listener_open(l, a, run->slots, why,
	    sizeof(why)) == -1)
		return tf_server_refuse(srv, "listen %s", why);
	run->listen_of[run->nlisteners++] = index;
	announce(run, run->nlisteners - 1, inherited == 1 ?
	    ", as the old master" : "");
	return 0;
}

static int
adopt(struct run *run, unsigned index, int fd)
{
	struct tf_server *srv = run->srv;
	const char *address = srv->settings.listen[index];
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
	run->listen_of[run->nlisteners++] = index;
	snprintf(why, sizeof(why), ", %s", address);
	announce(run, run->nlisteners - 1, why);
	return 0;
}

/* All that have the name. */
static int
adopt_named(struct run *run, unsigned index)
{
	struct tf_server *srv = run->srv;
	const char *address = srv->settings.listen[index];
	const char *name = activation_name(address);
	unsigned n = 0;
	int fd;

	for (; (fd = activation_claim(&srv->activation, name)) != -1; n++)
		if (adopt(run, index, fd) == -1)
			return -1;
	if (n > 0)
		return 0;
	return tf_server_refuse(srv, "listen %s: the service manager has "
	    "passed no such socket%s%s", address,
	    srv->activation_why[0] != '\0' ? ": " : "", srv->activation_why);
}

static int
open_one(struct run *run, unsigned index, bool open)
{
	struct tf_server *srv = run->srv;
	const char *text = srv->settings.listen[index];
	struct addr addrs[8];
	char why[256];
	int n;

	if (activation_name(text) != NULL)
		return open ? adopt_named(run, index) : 0;
	if ((n = addr_parse(text, addrs, 8, why, sizeof(why))) == -1)
		return tf_server_refuse(srv, "listen %s: %s", text, why);
	for (int i = 0; open && i < n; i++)
		if (open_listener(run, index, &addrs[i]) == -1)
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
		if (open_one(run, i, open) == -1)
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
	if (each_address(run, true) == -1)
		return -1;
	if (!succeed_runs(run))
		run_show_listeners(run);
	close_unclaimed(run);
	return 0;
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
run_note_rules(const struct run *run, struct rules *rules)
{
	for (unsigned i = 0; i < run->nlisteners; i++)
		rules[i] = *rules_of(run, i);
}

void
run_show_listeners(struct run *run)
{
	char text[ADDR_TEXT + RULES_TEXT], rules[RULES_TEXT];

	segment_clear_listen(run->srv->segment);
	for (unsigned i = 0; i < run->nlisteners; i++) {
		rules_text(rules_of(run, i), rules, sizeof(rules));
		snprintf(text, sizeof(text), "%s%s", run->listeners[i].text,
		    rules);
		segment_add_listen(run->srv->segment, text);
	}
}

void
run_close_listeners(struct run *run)
{
	while (run->nlisteners > 0)
		listener_close(&run->listeners[--run->nlisteners]);
}
