/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run needs from the system around it, in the order in which it can be
 * had: the log, the background, who workers will be, the module's copy.  And
 * the other side of it: what a child does before a stranger's code runs in it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/certificates.h"
#include "server/daemon.h"
#include "server/manager.h"
#include "server/module.h"
#include "server/option_def.h"
#include "server/run.h"
#include "server/succeed.h"
#include "shm/segment.h"

static int
open_log(struct tf_server *srv)
{
	const struct settings *s = &srv->settings;

	log_set_level((enum log_level)s->log_level);
	log_set_json(s->log_format != 0);
	log_set_name(s->name, "master");
	if (s->log == NULL || srv->only_check || log_open(s->log) == 0)
		return 0;
	return tf_server_refuse(srv, "log: %s: %s", s->log, strerror(errno));
}

static int
open_access_log(struct tf_server *srv)
{
	char why[400];

	if (!srv->only_check && access_file_open(&srv->access, &srv->settings,
	    srv->succession.generation + 1, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	return 0;
}

int
run_find_privilege(struct privilege *p, const struct settings *s, char *why,
    size_t size)
{
	if (privilege_find(p, s->user, s->group, why, size) == -1)
		return -1;
	p->umask = s->umask;
	p->nofile = s->rlimit_nofile;
	p->core = s->core_limit;
	p->no_new_privs = s->no_new_privs != 0;
	p->affinity = s->affinity != 0;
	return 0;
}

static int
find_privilege(struct run *run)
{
	char why[400];

	return run_find_privilege(&run->privilege, &run->srv->settings, why,
	    sizeof(why)) == -1 ? tf_server_refuse(run->srv, "%s", why) : 0;
}

static int
copy_module(struct tf_server *srv)
{
	char why[400];

	if (srv->module == NULL || !srv->settings.module_copy)
		return 0;
	srv->module_fd = module_copy(srv->module, why, sizeof(why));
	return srv->module_fd == -1 ? tf_server_refuse(srv, "%s", why) : 0;
}

static int
read_certificates(struct run *run)
{
	struct tf_server *srv = run->srv;
	char why[400];

	return certificates_read(&srv->credentials, &srv->settings, NULL, why,
	    sizeof(why)) == -1 ? tf_server_refuse(srv, "%s", why) : 0;
}

static int
take_pidfile(struct run *run)
{
	struct tf_server *srv = run->srv;
	char why[400];

	if (srv->settings.pidfile == NULL || srv->only_check ||
	    succeed_runs(run))
		return 0;
	if (pidfile_take(&run->pidfile, srv->settings.pidfile, why,
	    sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	return 0;
}

/* Record locks and pids are the child's: before anything that has one. */
static int
go_into_background(struct run *run)
{
	struct tf_server *srv = run->srv;

	if (!srv->settings.daemon || srv->only_check)
		return 0;
	if (succeed_runs(run)) {	/* a daemon's, and in the background */
		daemon_detach();
		return 0;
	}
	if ((srv->ready_fd = daemon_fork()) == -1)
		return tf_server_refuse(srv, "fork: %s", strerror(errno));
	log_set_echo(true);
	return 0;
}

int
run_prepare(struct run *run)
{
	struct tf_server *srv = run->srv;

	run->pidfile.fd = run->instance.lock.fd = -1;
	if (open_log(srv) == -1 || open_access_log(srv) == -1 ||
	    go_into_background(run) == -1)
		return -1;
	if (srv->settings.workers != 0 || srv->only_check)
		signals_take(&run->signals);
	run->master = getpid();
	if (srv->settings.workers != 0 && !srv->only_check) {
		manager_begin(srv->settings.daemon != 0 && !succeed_runs(run));
		run->notifies = true;
	}
	program_find(&run->program);
	if (!srv->only_check && srv->settings.workers != 0)
		store_receive(run);
	if (succeed_receive(run) == -1 || take_pidfile(run) == -1 ||
	    find_privilege(run) == -1 || read_certificates(run) == -1)
		return -1;
	return copy_module(srv);
}

void
run_finish(struct run *run)
{
	fd_close(&run->srv->module_fd);
	access_file_close(&run->srv->access);
	credentials_fini(&run->srv->credentials);
	privilege_fini(&run->privilege);
	program_fini(&run->program);
	if (run->srv->error[0] != '\0')
		succession_refuse(run->srv->succession.fd, run->srv->error);
	succession_end(&run->srv->succession);
	store_leave(run);
	lockfile_release(&run->pidfile);
	fd_close(&run->srv->ready_fd);
	log_set_echo(false);
	log_close();
	if (run->notifies)
		manager_end();
	signals_give_back(&run->signals, run->srv->is_program);
}

void
run_serving(void *arg)
{
	struct run *run = arg;

	daemon_ready(&run->srv->ready_fd);
}

int
run_become(struct run *run, unsigned index)
{
	struct tf_server *srv = run->srv;
	char why[256];

	fd_close(&run->pidfile.fd);
	fd_close(&run->instance.lock.fd);
	if (privilege_drop(&run->privilege, run->master, index, why,
	    sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	return server_setup(srv);
}

int
run_check_methods(const struct segment *seg, const struct settings *s,
    char *why, size_t size)
{
	for (size_t i = 0; i < s->nmethods; i++) {
		const struct method_setting *m = &s->methods[i];
		char service[256];
		const char *name = m->method, *dot;

		dot = strrchr(name, '.');
		strlcpy(service, name, sizeof(service));
		if ((size_t)(dot - name) < sizeof(service))
			service[dot - name] = '\0';
		if (!segment_method_served(seg, service, dot + 1)) {
			snprintf(why, size, "%s.%s: there is no such "
			    "method", option_defs[m->id].key, name);
			return -1;
		}
	}
	return 0;
}
