/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first and last code of the process that serves: it makes of what it was
 * given what worker_run() wants to know, and calls the hooks around it.
 */
#include <sys/resource.h>

#include "base/fd.h"
#include "base/log.h"
#include "io/tls.h"
#include "io/user_loop.h"
#include "serve/worker.h"
#include "server/certificates.h"
#include "server/daemon.h"
#include "server/run.h"
#include "shm/segment.h"

#define RESERVED_FDS	64	/* of a worker: what is no connection */

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
		.max_connections = s->max_connections != SETTING_AUTO ?
		    (unsigned)s->max_connections : default_connections(),
		.max_per_peer = (unsigned)s->max_per_peer,
		.max_in_flight = (unsigned)s->max_in_flight,
		.max_in_flight_per_connection =
		    (unsigned)s->max_in_flight_per_connection,
		.zlib_replies = s->zlib_replies != 0,
		.idle_timeout_ns = s->idle_timeout,
		.stop_timeout_ns = s->stop_timeout,
		.frame_timeout_ns = s->frame_timeout,
		.write_timeout_ns = s->write_timeout,
		.threads = (unsigned)s->threads,
		.max_queue = s->max_queue,
		.queue_timeout_ns = s->queue_timeout,
	};
}

/* What the settings and the segment know of each method. */
static void
bind_methods(struct tf_server *srv, struct lane *lane)
{
	for (size_t i = 0; i < srv->registry.n; i++) {
		struct entry *e = &srv->registry.entries[i];

		e->timeout_ns = settings_call_timeout(&srv->settings,
		    e->service, e->method->name);
		e->slow_ns = settings_slow_call(&srv->settings, e->service,
		    e->method->name);
		e->threaded = settings_threaded(&srv->settings, e->service,
		    e->method->name, e->method->flags & TF_THREADED);
		e->counters = (uint16_t)lane_index(lane,
		    (unsigned)segment_method_find(srv->segment, e->title,
		    e->method->name));
	}
}

static int
bind_declared(struct tf_server *srv, const struct worker_config *config,
    char *why, size_t size)
{
	return (config->alone ? declarations_bind_alone : declarations_bind)
	    (&srv->declared, srv->segment, config->lane, why, size);
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

static int
thread_start(void *arg, void **ctx)
{
	struct tf_server *srv = arg;

	srv->error[0] = '\0';
	if (srv->hooks.thread_start == NULL ||
	    srv->hooks.thread_start(srv, ctx) == 0)
		return 0;
	log_errorx("thread_start: %s", srv->error[0] != '\0' ? srv->error :
	    "failed");
	return -1;
}

static void
thread_stop(void *arg, void *ctx)
{
	struct tf_server *srv = arg;

	if (srv->hooks.thread_stop != NULL)
		srv->hooks.thread_stop(srv, ctx);
}

/* The loop outlives worker_stop(), which frees what the program has in it. */
static int
serve(struct tf_server *srv, struct worker_config *config, struct worker *w)
{
	int status;

	srv->loop = user_loop_new(worker_loop(w));
	if (start_hook(srv, &config->ctx) == -1)
		return 1;
	if (srv->ready_fd != -1) {	/* forked before the first one served */
		fd_close(&srv->ready_fd);
		daemon_detach();
	}
	status = worker_run(w);
	if (srv->hooks.worker_stop != NULL)
		srv->hooks.worker_stop(srv, config->ctx);
	return status;
}

struct tf_loop *
tf_server_loop(struct tf_server *srv)
{
	return srv->loop;
}

int
run_serve(struct tf_server *srv, struct worker_config *config)
{
	struct worker *w;
	char why[400];
	int status = 1;

	config->registry = &srv->registry;
	config->hooks = &srv->hooks;
	config->thread_start = thread_start;
	config->thread_stop = thread_stop;
	config->arg = srv;
	config->limits = limits_of(&srv->settings);
	config->http_path = srv->settings.http_path;
	bind_methods(srv, config->lane);
	if (bind_declared(srv, config, why, sizeof(why)) == -1) {
		log_errorx("%s", why);
		return 1;
	}
	if (certificates_open(srv, &config->tls_context, why,
	    sizeof(why)) == -1) {
		log_errorx("%s", why);
		return 1;
	}
	if ((w = worker_open(config)) == NULL)
		log_error("a worker cannot start");
	else
		status = serve(srv, config, w);
	tf_loop_free(srv->loop);
	srv->loop = NULL;
	worker_close(w);
	tls_context_free(config->tls_context);
	return status;
}
