/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workers 0: no master and no fork, one worker in the calling process.  For
 * debuggers, sanitizers and tests, and for programs that have threads.
 */
#include <errno.h>
#include <string.h>

#include "serve/worker.h"
#include "server/run.h"
#include "shm/segment.h"

static int
make_segment(struct tf_server *srv)
{
	struct segment_sizes sizes = { .slots = 1, .lanes = 1,
	    .methods = RUN_METHODS };

	srv->segment = segment_create(srv->settings.name, &sizes);
	if (srv->segment == NULL)
		return tf_server_refuse(srv, "shared memory: %s",
		    strerror(errno));
	for (size_t i = 0; i < srv->registry.n; i++)
		segment_method_add(srv->segment,
		    srv->registry.entries[i].title,
		    srv->registry.entries[i].method->name);
	return 0;
}

static int
serve(struct run *run)
{
	struct tf_server *srv = run->srv;
	bool foreign[MASTER_MAX_LISTENERS];
	struct rules rules[MASTER_MAX_LISTENERS];
	int fds[MASTER_MAX_LISTENERS];
	struct worker_config config = { .listen_fds = fds,
	    .listen_foreign = foreign, .listen_rules = rules, .alone = true,
	    .nlisten = run->nlisteners, .channel_fd = -1,
	    .stop_fd = srv->stop_fd };
	int lane = segment_lane_take(srv->segment, 0, 1);
	struct access_config access;

	if (access_file_configure(&srv->access, &srv->settings, 0, &access))
		config.access = &access;
	run_note_foreign(run, foreign);
	run_note_rules(run, rules);
	config.lane = segment_attach_self(srv->segment, (unsigned)lane);
	if (config.lane == NULL)
		return tf_server_refuse(srv, "shared memory: %s",
		    strerror(errno));
	for (unsigned i = 0; i < run->nlisteners; i++) {
		fds[i] = listener_start(&run->listeners[i], 0,
		    (int)srv->settings.backlog);
		if (fds[i] == -1)
			return tf_server_refuse(srv, "listen %s: %s",
			    run->listeners[i].text, strerror(errno));
	}
	return run_serve(srv, &config) == 0 ? 0 : -1;
}

int
run_alone(struct run *run)
{
	struct tf_server *srv = run->srv;
	int rc = -1;

	run->slots = 1;
	store_refuse(run);
	if (server_setup(srv) == 0 && make_segment(srv) == 0 &&
	    run_check_methods(srv->segment, &srv->settings, srv->error,
	    sizeof(srv->error)) == 0 && run_open_listeners(run) == 0)
		rc = serve(run);
	run_close_listeners(run);
	declarations_release(&srv->declared);
	registry_fini(&srv->registry);
	return rc;
}
