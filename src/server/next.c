/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The next generation, as the server knows it: settings that are read again,
 * the module that is copied again, methods that may be new.  The master says
 * when; until it says "commit", nothing of the present one is touched.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/certificates.h"
#include "server/conf.h"
#include "server/manifest.h"
#include "server/module.h"
#include "server/run.h"

static const struct next none = {
	.module_fd = -1, .access = ACCESS_FILE_NONE
};

static void
drop(struct next *n)
{
	settings_fini(&n->settings);
	privilege_fini(&n->privilege);
	credentials_fini(&n->credentials);
	access_file_close(&n->access);
	fd_close(&n->module_fd);
	*n = none;
}

static int
read_settings(const struct settings *s, struct settings *next, char *why,
    size_t size)
{
	settings_again(next, s);
	if (s->config != NULL && conf_read(next, s->config, why, size) == -1)
		return -1;
	if (settings_complete(next, why, size) == -1 ||
	    settings_check(next, why, size) == -1)
		return -1;
	return settings_may_follow(s, next, why, size);
}

static int
copy_module(const struct tf_server *srv, struct next *n, char *why,
    size_t size)
{
	if (srv->module == NULL || !n->settings.module_copy)
		return 0;
	n->module_fd = module_copy(srv->module, why, size);
	return n->module_fd == -1 ? -1 : 0;
}

/* What is the same goes on as it is, and may be opened again meanwhile. */
static int
open_access_log(const struct tf_server *srv, struct next *n,
    unsigned generation, char *why, size_t size)
{
	const char *now = srv->settings.access_log;
	const char *then = n->settings.access_log;

	n->same_access = now == NULL || then == NULL ? now == then :
	    strcmp(now, then) == 0;
	return n->same_access ? 0 : access_file_open(&n->access, &n->settings,
	    generation, why, size);
}

int
next_prepare(void *arg, unsigned generation, char *why, size_t size)
{
	struct run *run = arg;
	struct next *n = &run->next;

	*n = none;
	if (read_settings(&run->srv->settings, &n->settings, why,
	    size) == -1 || run_find_privilege(&n->privilege, &n->settings, why,
	    size) == -1 || certificates_read(&n->credentials, &n->settings,
	    &run->srv->credentials, why, size) == -1 ||
	    open_access_log(run->srv, n, generation, why, size) == -1 ||
	    copy_module(run->srv, n, why, size) == -1) {
		drop(n);
		return -1;
	}
	n->number = generation;
	return 0;
}

int
next_accept(void *arg, const char *report, size_t len, char *why, size_t size)
{
	struct run *run = arg;

	if (manifest_read(report, len, run->srv->segment, why, size) == -1)
		return -1;
	return run_check_methods(run->srv->segment, &run->next.settings, why,
	    size);
}

/* All that the next one has belongs to the server from now on. */
static void
replace(struct run *run)
{
	struct tf_server *srv = run->srv;
	struct next *n = &run->next;
	char *name = srv->settings.name;

	/* No reload changes it, and the master has borrowed it. */
	srv->settings.name = n->settings.name;
	n->settings.name = name;
	settings_fini(&srv->settings);
	srv->settings = n->settings;
	fd_close(&srv->module_fd);
	srv->module_fd = n->module_fd;
	privilege_fini(&run->privilege);
	run->privilege = n->privilege;
	credentials_fini(&srv->credentials);
	srv->credentials = n->credentials;
	if (!n->same_access) {
		access_file_close(&srv->access);
		srv->access = n->access;
	}
	*n = none;
	log_set_level((enum log_level)srv->settings.log_level);
	log_set_json(srv->settings.log_format != 0);
}

/* The number of workers may have been changed since; that stands. */
void
next_commit(void *arg, struct master_limits *limits)
{
	struct run *run = arg;
	struct master_limits before = *limits;

	replace(run);
	run_show_listeners(run);
	*limits = run_limits(&run->srv->settings);
	if (limits->configured == before.configured)
		limits->workers = before.workers;
}

void
next_discard(void *arg)
{
	struct run *run = arg;

	if (run->next.number != 0)
		drop(&run->next);
}

void
next_enter(struct run *run, unsigned generation)
{
	if (run->next.number == 0)
		return;
	if (run->next.number == generation)
		replace(run);
	else
		next_discard(run);
}
