/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a server: this file joins the rooms.  It finds out what is served,
 * claims the instance, binds, makes the segment, and hands all that to the
 * master.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "io/tls.h"
#include "proc/preflight.h"
#include "serve/move_record.h"
#include "serve/worker.h"
#include "server/certificates.h"
#include "server/manager.h"
#include "server/manifest.h"
#include "server/notify.h"
#include "server/run.h"
#include "server/succeed.h"
#include "shm/segment.h"

#define PREFLIGHT_NS	(30 * NS_PER_S)

unsigned
run_workers(const struct settings *s)
{
	unsigned n = 1;
	cpu_set_t set;

	if (s->workers != SETTING_AUTO)
		return (unsigned)s->workers;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (unsigned)CPU_COUNT(&set);
	return n < s->max_workers ? n : (unsigned)s->max_workers;
}

struct master_limits
run_limits(const struct settings *s)
{
	return (struct master_limits){
		.workers = run_workers(s),
		.configured = run_workers(s),
		.start_timeout_ns = s->start_timeout,
		.stop_timeout_ns = s->stop_timeout,
		.drain_timeout_ns = s->drain_timeout,
		.drain_delay_ns = s->drain_delay,
		.canary_ns = s->canary_time,
		.upgrade_ns = s->upgrade_timeout,
		.rescue_ns = s->rescue_after,
		.max_requests = s->max_requests,
		.max_age_ns = s->max_age,
		.max_memory = s->max_memory,
	};
}

/* name is "Service.method"; what is not in the directory has no name. */
static uint64_t
call_timeout(void *arg, unsigned method)
{
	const struct run *run = arg;
	const struct tf_server *srv = run->srv;
	char name[300], *dot;

	segment_method_name(srv->segment, method, name, sizeof(name));
	if ((dot = strrchr(name, '.')) == NULL)
		return srv->settings.call_timeout;
	*dot = '\0';
	return settings_call_timeout(&srv->settings, name, dot + 1);
}

/* In the worker. */
static int
worker_main(const struct inherit *in, void *arg)
{
	struct run *run = arg;
	struct tf_server *srv = run->srv;
	bool foreign[MASTER_MAX_LISTENERS];
	struct rules rules[MASTER_MAX_LISTENERS];
	struct worker_config config = { .listen_fds = in->listen_fds,
	    .listen_foreign = foreign, .listen_rules = rules,
	    .listen_keys = in->listen_keys, .nlisten = in->nlisten,
	    .listen_kept = notify_has_manager(),
	    .channel_fd = in->channel_fd, .stop_fd = -1 };
	struct access_config access;
	int status;

	succession_end(&srv->succession);
	admin_abandon(run);
	run_note_foreign(run, foreign);
	next_enter(run, in->generation);
	if (access_file_configure(&srv->access, &srv->settings, in->slot,
	    &access))
		config.access = &access;
	run_note_rules(run, rules);
	if ((config.lane = segment_attach(srv->segment, in->lane)) == NULL) {
		log_error("shared memory");
		return 1;
	}
	if (run_become(run, in->slot) == -1) {
		log_errorx("%s", srv->error);
		return 1;
	}
	status = run_serve(srv, &config);
	registry_fini(&srv->registry);
	return status;
}

/* In the preflight: the report, or the reason why there is none. */
static int
preflight_main(int fd, void *arg)
{
	struct run *run = arg;
	struct tf_server *srv = run->srv;
	struct tls_context *tls;
	char why[400];
	int rc;

	fd_close(&srv->ready_fd);
	activation_close(&srv->activation);
	succession_end(&srv->succession);
	admin_abandon(run);
	next_enter(run, run->next.number);
	log_set_name(srv->settings.name, "preflight");
	if (run_become(run, 0) == -1) {
		dprintf(fd, "%s", srv->error);
		return -1;
	}
	if (certificates_open(srv, &tls, why, sizeof(why)) == -1) {
		dprintf(fd, "%s", why);
		return -1;
	}
	tls_context_free(tls);
	rc = manifest_write(&srv->registry, &srv->declared, fd);
	registry_fini(&srv->registry);
	return rc;
}

/* A slot has two or three processes at times, and two masters may have some. */
static unsigned
number_of_lanes(const struct settings *s)
{
	return (unsigned)s->max_workers * 4;
}

static int
preflight(struct run *run)
{
	struct tf_server *srv = run->srv;
	struct segment_sizes sizes = {
	    .slots = (unsigned)srv->settings.max_workers,
	    .lanes = number_of_lanes(&srv->settings),
	    .methods = RUN_METHODS };
	char why[400], *manifest;
	ptrdiff_t len;
	int rc = -1;

	if ((manifest = malloc(MANIFEST_BYTES)) == NULL)
		return tf_server_refuse(srv, "out of memory");
	len = preflight_run(preflight_main, run, &run->signals, PREFLIGHT_NS,
	    manifest, MANIFEST_BYTES, why, sizeof(why));
	if (len == -1)
		tf_server_refuse(srv, "%s", why);
	else if ((srv->segment = succeed_segment(run, &sizes)) == NULL)
		tf_server_refuse(srv, "shared memory: %s", strerror(errno));
	else if (manifest_read(manifest, (size_t)len, srv->segment, why,
	    sizeof(why)) == -1)
		tf_server_refuse(srv, "%s", why);
	else if (succeed_check(run) == 0)
		rc = run_check_methods(srv->segment, &srv->settings,
		    srv->error, sizeof(srv->error));
	if (rc == 0 && srv->only_check)
		manifest_print(manifest, (size_t)len, stdout);
	free(manifest);
	return rc;
}

/* The addresses and the name are free before those who wait are told. */
static void
finish(void *arg, bool in_order)
{
	struct run *run = arg;

	if (in_order)
		store_end(run);
	run_close_listeners(run);
	admin_close(run);
	instance_release(&run->instance);
	pidfile_release(&run->pidfile);
}

static void
tick(void *arg)
{
	manager_tick(arg);
	store_update(arg);
}

static int
reopen(void *arg, int *fd, uint32_t *id)
{
	struct access_file *a = &((struct run *)arg)->srv->access;
	int rc = access_file_reopen(a);

	*fd = rc == 1 ? a->fd : -1;
	*id = a->id;
	return rc == -1 ? -1 : 0;
}

static int
run_master(struct run *run)
{
	struct tf_server *srv = run->srv;
	const struct settings *s = &srv->settings;
	struct master_config config = { .name = s->name,
	    .signals = &run->signals,
	    .max_workers = (unsigned)s->max_workers,
	    .listeners = run->listeners, .nlisteners = run->nlisteners,
	    .beside = run->admin.listeners, .nbeside = run->admin.nlisteners,
	    .companion = run->admin.nlisteners > 0 ? admin_execute : NULL,
	    .backlog = (int)s->backlog,
	    .control_fd = run->instance.control_fd,
	    .stop_fd = srv->stop_fd, .segment = srv->segment,
	    .limits = succeed_limits(run), .worker = worker_main,
	    .call_timeout = call_timeout, .finish = finish,
	    .listening = store_update, .reopen = reopen,
	    .news = manager_news, .tick_ns = manager_tick_ns(),
	    .tick = tick,
	    .lanes = number_of_lanes(s),
	    .generation = srv->succession.generation + 1,
	    .predecessor_fd = srv->succession.fd,
	    .predecessor_reads = srv->succession.reads,
	    .program = run->program.path, .argv = run->program.argv,
	    .execute = succeed_execute, .leave = succeed_leave,
	    .inherit = succeed_inherit, .reads = move_record_newest(),
	    .serving = srv->ready_fd != -1 ? run_serving : NULL,
	    .prepare = next_prepare, .preflight = preflight_main,
	    .accept = next_accept, .renew = certificates_renew,
	    .commit = next_commit,
	    .discard = next_discard, .report_size = MANIFEST_BYTES,
	    .preflight_ns = PREFLIGHT_NS, .arg = run };
	char why[256];

	srv->succession.fd = -1;	/* the master's from here */
	if (master_run(&config, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	return 0;
}

static int
claim(struct run *run, char *why, size_t size)
{
	struct tf_server *srv = run->srv;
	int fd = srv->succession.control_fd;

	if (!succeed_runs(run))
		return instance_claim(&run->instance, srv->settings.name, why,
		    size);
	srv->succession.control_fd = -1;
	return instance_await(&run->instance, srv->settings.name, fd, why,
	    size);
}

static int
serve(struct run *run)
{
	struct tf_server *srv = run->srv;
	char why[400];
	int rc = -1;

	if (claim(run, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	segment_set_library(srv->segment, tf_version());
	run->slots = (unsigned)srv->settings.max_workers;
	if (run_open_listeners(run) == 0 && admin_open(run) == 0) {
		if (!succeed_runs(run))
			succeed_own(run);
		rc = run_master(run);
	}
	run_close_listeners(run);
	admin_close(run);
	instance_release(&run->instance);
	return rc;
}

static int
check(struct run *run)
{
	if (preflight(run) == -1 || run_check_listeners(run) == -1)
		return -1;
	return admin_check(run);
}

static int
run_prepared(struct run *run)
{
	struct tf_server *srv = run->srv;

	srv->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (srv->stop_fd == -1)
		return tf_server_refuse(srv, "eventfd: %s", strerror(errno));
	if (srv->settings.workers == 0 && succeed_runs(run))
		return tf_server_refuse(srv, "workers: an upgrade cannot do "
		    "without");
	if (srv->settings.workers == 0 && !srv->only_check)
		return run_alone(run);
	if (master_may_fork(srv->error, sizeof(srv->error)) == -1)
		return -1;
	if (srv->only_check)
		return check(run);
	if (preflight(run) == 0)
		return serve(run);
	if (!signals_end_waits())
		return -1;
	log_info("stopped before it served");
	return 0;
}

int
tf_server_run(struct tf_server *srv)
{
	struct run run = { .srv = srv };
	int rc = -1;

	if (srv->setup == NULL && srv->module == NULL)
		return tf_server_refuse(srv, "nothing to serve: neither a "
		    "setup function nor a module");
	if (settings_check(&srv->settings, srv->error,
	    sizeof(srv->error)) == -1 || server_name(srv) == NULL)
		return -1;
	server_succeed(srv);
	if (run_wants_activation(&run) || store_is_passed())
		server_activate(srv);
	if (run_prepare(&run) == 0)
		rc = run_prepared(&run);
	run_finish(&run);
	fd_close(&srv->stop_fd);
	segment_free(srv->segment);
	srv->segment = NULL;
	return rc;
}
