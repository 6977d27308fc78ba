/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a server: this file joins the rooms.  It finds out what is served,
 * claims the instance, binds, makes the segment, and hands all that to the
 * master; and it is the first code of a worker, which makes of what it
 * inherited what worker_run() wants to know.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "io/listen.h"
#include "proc/master.h"
#include "serve/worker.h"
#include "server/instance.h"
#include "server/manifest.h"
#include "server/server.h"
#include "shm/segment.h"

#define PREFLIGHT_NS	(30 * NS_PER_S)
#define DIRECTORY_METHODS 4096
#define RESERVED_FDS	64	/* of a worker: what is no connection */

/* What exists while the server runs. */
struct run {
	struct tf_server	*srv;
	struct instance		 instance;
	struct listener		 listeners[MASTER_MAX_LISTENERS];
	unsigned		 nlisteners;
};

static unsigned
default_workers(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == -1)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

static unsigned
default_connections(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == -1 ||
	    lim.rlim_cur <= 2 * RESERVED_FDS)
		return RESERVED_FDS;
	return (unsigned)(lim.rlim_cur < 10000000 ? lim.rlim_cur : 10000000) -
	    RESERVED_FDS;
}

static struct worker_limits
limits_of(const struct settings *s)
{
	return (struct worker_limits){
		.max_frame = (uint32_t)s->max_frame,
		.max_memory_per_call = s->max_memory_per_call,
		.max_depth = (unsigned)s->max_depth,
		.max_connections = s->max_connections != 0 ?
		    (unsigned)s->max_connections : default_connections(),
		.idle_timeout_ns = s->idle_timeout,
		.frame_timeout_ns = s->frame_timeout,
		.write_timeout_ns = s->write_timeout,
	};
}

static void
bind_counters(struct tf_server *srv)
{
	for (size_t i = 0; i < srv->registry.n; i++) {
		struct entry *e = &srv->registry.entries[i];

		e->counters = (uint16_t)segment_method_find(srv->segment,
		    e->service, e->method->name);
	}
}

static int
start_hook(struct tf_server *srv, void **ctx)
{
	srv->error[0] = '\0';
	if (srv->hooks.worker_start == NULL ||
	    srv->hooks.worker_start(srv, ctx) == 0)
		return 0;
	log_errorx("worker_start: %s", srv->error[0] != '\0' ? srv->error :
	    "failed");
	return -1;
}

/* In the worker. */
static int
worker_main(const struct inherit *in, void *arg)
{
	struct run *run = arg;
	struct tf_server *srv = run->srv;
	struct worker_config config = { .listen_fds = in->listen_fds,
	    .nlisten = in->nlisten, .channel_fd = in->channel_fd,
	    .registry = &srv->registry, .hooks = &srv->hooks,
	    .limits = limits_of(&srv->settings) };
	int status;

	if ((config.lane = segment_attach(srv->segment, in->lane)) == NULL) {
		log_error("shared memory");
		return 1;
	}
	if (server_setup(srv) == -1) {
		log_errorx("%s", srv->error);
		return 1;
	}
	bind_counters(srv);
	if (start_hook(srv, &config.ctx) == -1)
		return 1;
	status = worker_run(&config);
	if (srv->hooks.worker_stop != NULL)
		srv->hooks.worker_stop(srv, config.ctx);
	registry_fini(&srv->registry);
	return status;
}

/* In the preflight: the report, or the reason why there is none. */
static int
preflight_main(int fd, void *arg)
{
	struct tf_server *srv = arg;
	int rc;

	if (server_setup(srv) == -1) {
		dprintf(fd, "%s", srv->error);
		return -1;
	}
	rc = manifest_write(&srv->registry, fd);
	registry_fini(&srv->registry);
	return rc;
}

static int
preflight(struct tf_server *srv)
{
	unsigned lanes = (unsigned)srv->settings.max_workers * 2;
	struct segment_sizes sizes = {
	    .slots = (unsigned)srv->settings.max_workers, .lanes = lanes,
	    .methods = DIRECTORY_METHODS };
	char why[400], *manifest;
	ptrdiff_t len;
	int rc = -1;

	if ((manifest = malloc(MANIFEST_BYTES)) == NULL)
		return tf_server_refuse(srv, "out of memory");
	len = preflight_run(preflight_main, srv, PREFLIGHT_NS, manifest,
	    MANIFEST_BYTES, why, sizeof(why));
	if (len == -1)
		tf_server_refuse(srv, "%s", why);
	else if ((srv->segment = segment_create(srv->settings.name,
	    &sizes)) == NULL)
		tf_server_refuse(srv, "shared memory: %s", strerror(errno));
	else if (manifest_read(manifest, (size_t)len, srv->segment, why,
	    sizeof(why)) == -1)
		tf_server_refuse(srv, "%s", why);
	else
		rc = 0;
	free(manifest);
	return rc;
}

static int
open_listener(struct run *run, const struct addr *a)
{
	struct tf_server *srv = run->srv;
	const char *text;
	char why[256];

	if (run->nlisteners == MASTER_MAX_LISTENERS)
		return tf_server_refuse(srv, "more than %d addresses to listen on",
		    MASTER_MAX_LISTENERS);
	if (listener_open(&run->listeners[run->nlisteners], a,
	    (unsigned)srv->settings.max_workers, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "listen %s", why);
	text = run->listeners[run->nlisteners++].text;
	segment_add_listen(srv->segment, text);
	log_info("listening on %s", text);
	return 0;
}

static int
open_listeners(struct run *run)
{
	struct tf_server *srv = run->srv;
	struct addr addrs[8];
	char why[256];
	int n;

	if (settings_complete(&srv->settings, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	for (unsigned i = 0; i < srv->settings.nlisten; i++) {
		n = addr_parse(srv->settings.listen[i], addrs, 8, why,
		    sizeof(why));
		if (n == -1)
			return tf_server_refuse(srv, "listen %s: %s",
			    srv->settings.listen[i], why);
		for (int j = 0; j < n; j++)
			if (open_listener(run, &addrs[j]) == -1)
				return -1;
	}
	return 0;
}

static int
run_master(struct run *run)
{
	struct tf_server *srv = run->srv;
	const struct settings *s = &srv->settings;
	unsigned workers = s->workers != 0 ? (unsigned)s->workers :
	    default_workers();
	struct master_config config = { .name = s->name,
	    .max_workers = (unsigned)s->max_workers,
	    .listeners = run->listeners, .nlisteners = run->nlisteners,
	    .backlog = (int)s->backlog,
	    .control_fd = run->instance.control_fd,
	    .stop_fd = srv->stop_fd, .segment = srv->segment,
	    .start_timeout_ns = s->start_timeout,
	    .stop_timeout_ns = s->stop_timeout,
	    .worker = worker_main, .arg = run };
	char why[256];

	if (workers > s->max_workers) {
		if (s->workers != 0)
			return tf_server_refuse(srv, "workers: %u is more than "
			    "max-workers, %u", workers, config.max_workers);
		workers = config.max_workers;
	}
	config.workers = workers;
	if (master_run(&config, why, sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	return 0;
}

static int
serve(struct run *run)
{
	struct tf_server *srv = run->srv;
	char why[400];
	int rc = -1;

	if (instance_claim(&run->instance, srv->settings.name, why,
	    sizeof(why)) == -1)
		return tf_server_refuse(srv, "%s", why);
	segment_set_library(srv->segment, tf_version());
	if (open_listeners(run) == 0)
		rc = run_master(run);
	for (unsigned i = 0; i < run->nlisteners; i++)
		listener_close(&run->listeners[i]);
	instance_release(&run->instance);
	return rc;
}

int
tf_server_run(struct tf_server *srv)
{
	struct run run = { .srv = srv };
	int rc = -1;

	if (srv->setup == NULL && srv->module == NULL)
		return tf_server_refuse(srv, "nothing to serve: neither a setup "
		    "function nor a module");
	if (server_name(srv) == NULL)
		return -1;
	log_set_name(srv->settings.name, "master");
	srv->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (srv->stop_fd == -1)
		return tf_server_refuse(srv, "eventfd: %s", strerror(errno));
	if (preflight(srv) == 0)
		rc = serve(&run);
	fd_close(&srv->stop_fd);
	segment_free(srv->segment);
	srv->segment = NULL;
	return rc;
}
