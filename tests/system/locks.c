/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module that t5500 tries counters, gauges, histograms and locks out on: it
 * declares what the words of a file say, a kind (of a histogram the unit) and a
 * name each, anew at each reload.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "locks.tf.h"

#define MAX_THINGS	400

static struct thing {
	char		 kind[16], name[80];
	struct tf_counter *counter;
	struct tf_gauge	*gauge;
	struct tf_histogram *histogram;
	struct tf_lock	*lock;
} things[MAX_THINGS];
static unsigned nthings;

static struct thing *
find(struct tf_str name)
{
	for (unsigned i = 0; i < nthings; i++)
		if (strcmp(things[i].name, name.s) == 0)
			return &things[i];
	return NULL;
}

static struct tf_str
state_name(struct tf_call *call, int state)
{
	switch (state) {
	case TF_LOCKED:
		return tf_strf(call->arena, "locked");
	case TF_LOCK_ABANDONED:
		return tf_strf(call->arena, "abandoned");
	default:
		return tf_strf(call->arena, "%s", strerrorname_np(errno));
	}
}

static void
read_to_the_end(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c;

	while (read(fd, &c, 1) == 1)
		continue;
	close(fd);
}

static int
take(struct tf_call *call, struct tf_str name, struct tf_str fifo,
    struct tf_str *ret)
{
	struct thing *t = find(name);
	int state = tf_trylock(t->lock);

	*ret = state_name(call, state);
	if (state == -1)
		return 0;
	if (fifo.len > 0)
		read_to_the_end(fifo.s);
	tf_unlock(t->lock);
	return 0;
}

static int
wait_for(struct tf_call *call, struct tf_str name, int32_t ms,
    struct tf_str *ret)
{
	struct thing *t = find(name);
	int state = tf_lock_timed(t->lock, (unsigned)ms);

	*ret = state_name(call, state);
	if (state != -1 && tf_unlock(t->lock) == -1)
		return tf_fail(call, "it cannot be let go");
	return 0;
}

static int
keep(struct tf_call *call, struct tf_str name, struct tf_str *ret)
{
	*ret = state_name(call, tf_lock(find(name)->lock));
	return 0;
}

static int
add(struct tf_call *call, struct tf_str name, int64_t n)
{
	struct thing *t = find(name);

	(void)call;
	if (t->counter != NULL)
		tf_count(t->counter, (uint64_t)n);
	else if (t->histogram != NULL)
		tf_record(t->histogram, (uint64_t)n);
	else
		tf_gauge_add(t->gauge, n);
	return 0;
}

static int
pid(struct tf_call *call, int64_t *ret)
{
	(void)call;
	*ret = getpid();
	return 0;
}

static int
ping(struct tf_call *call)
{
	(void)call;
	for (unsigned i = 0; i < nthings; i++)
		if (things[i].histogram != NULL)
			tf_record(things[i].histogram, 1000 * i);
	return 0;
}

static const struct locks_locks_handler handler = {
	.take = take, .wait = wait_for, .keep = keep, .add = add, .pid = pid,
	.ping = ping,
};

static void
declare(struct tf_server *srv, struct thing *t)
{
	if (strcmp(t->kind, "counter") == 0)
		t->counter = tf_server_counter(srv, t->name, "of the test");
	else if (strcmp(t->kind, "gauge") == 0)
		t->gauge = tf_server_gauge(srv, t->name, NULL);
	else if (strcmp(t->kind, "ns") == 0 || strcmp(t->kind, "rows") == 0)
		t->histogram = tf_server_histogram(srv, t->name, t->kind,
		    "values of the test");
	else if (strcmp(t->kind, "lock") == 0)
		t->lock = tf_server_lock(srv, t->name);
}

/* "late NAME" is declared when it is too late. */
static int
worker_start(struct tf_server *srv, void **ctx)
{
	(void)ctx;
	for (unsigned i = 0; i < nthings; i++)
		if (strcmp(things[i].kind, "late") == 0 &&
		    tf_server_lock(srv, things[i].name) == NULL)
			return -1;
	return 0;
}

static const struct tf_hooks hooks = { .worker_start = worker_start };

static int
setup(struct tf_server *srv)
{
	char **argv;
	int argc;
	FILE *f;

	tf_server_args(srv, &argc, &argv);
	if (argc != 2 || (f = fopen(argv[1], "r")) == NULL)
		return tf_server_refuse(srv, "no file of declarations");
	for (nthings = 0; nthings < MAX_THINGS && fscanf(f, "%15s %79s",
	    things[nthings].kind, things[nthings].name) == 2; nthings++)
		declare(srv, &things[nthings]);
	fclose(f);
	tf_server_hooks(srv, &hooks);
	return locks_locks_serve(srv, &handler);
}

TF_MODULE(setup);
