/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See view.h.  Differences are taken lane by lane or over all lanes, never
 * slot by slot: a lane counts on when another process gets it, while a slot's
 * next lane begins wherever that one was.  What a broken process scribbles may
 * still make a count fall; then nothing has happened.
 */
#include "view.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

static uint64_t
grown(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Buckets are coarser than the longest call that is known. */
static void
tally_times(struct tally *t, const struct tf_stat_times *times,
    uint64_t max_ns)
{
	t->p50_ns = least(tf_stat_times_quantile(times, 0.5), max_ns);
	t->p99_ns = least(tf_stat_times_quantile(times, 0.99), max_ns);
	t->p999_ns = least(tf_stat_times_quantile(times, 0.999), max_ns);
	t->max_ns = least(tf_stat_times_quantile(times, 1), max_ns);
}

static void
tally_waits(struct tally *t, const struct tf_stat_times *waits,
    uint64_t max_ns)
{
	t->wait_p99_ns = least(tf_stat_times_quantile(waits, 0.99), max_ns);
}

static void
tally_total(struct tally *t, const struct sums *s)
{
	t->calls = s->calls;
	t->exceptions = s->exceptions;
	t->errors = s->errors;
	t->bytes_in = s->bytes_in;
	t->bytes_out = s->bytes_out;
	t->time_ns = s->time_ns;
	tally_times(t, &s->times, s->max_ns);
	t->max_ns = s->max_ns;
	t->threaded = s->threaded;
	tally_waits(t, &s->waits, s->wait_max_ns);
}

static void
tally_interval(struct tally *t, const struct sums *before,
    const struct sums *now)
{
	struct tf_stat_times times = now->times;

	t->calls = grown(before->calls, now->calls);
	t->exceptions = grown(before->exceptions, now->exceptions);
	t->errors = grown(before->errors, now->errors);
	t->bytes_in = grown(before->bytes_in, now->bytes_in);
	t->bytes_out = grown(before->bytes_out, now->bytes_out);
	t->time_ns = grown(before->time_ns, now->time_ns);
	tf_stat_times_since(&times, &before->times);
	tally_times(t, &times, now->max_ns);
	t->threaded = grown(before->threaded, now->threaded);
	times = now->waits;
	tf_stat_times_since(&times, &before->waits);
	tally_waits(t, &times, now->wait_max_ns);
}

/* What was not there before (NULL) had counted nothing. */
static void
tally_both(struct tally tally[PERIODS], const struct sums *before,
    const struct sums *now)
{
	static const struct sums nothing;

	tally_total(&tally[TOTAL], now);
	tally_interval(&tally[INTERVAL], before == NULL ? &nothing : before,
	    now);
}

static void
make_head(struct view *v, const struct reading *before,
    const struct reading *now)
{
	const struct tf_stat_master *m = &now->master;

	memcpy(v->name, m->name, sizeof(v->name));
	memcpy(v->library, m->library, sizeof(v->library));
	memcpy(v->listen, m->listen, sizeof(v->listen));
	v->pid = m->pid;
	v->generation = m->generation;
	v->wanted = m->workers;
	v->uptime_ns = m->uptime_ns;
	v->in_flight = now->in_flight;
	if (before != NULL)
		v->interval_ns = grown(before->at_ns, now->at_ns);
	tally_both(v->tally, before == NULL ? NULL : &before->sums,
	    &now->sums);
}

static void
make_server(struct view *v, const struct reading *before,
    const struct reading *now)
{
	v->has_queue = now->has_queue;
	v->queue = now->queue;
	v->drops[TOTAL] = now->drops;
	v->drops[INTERVAL] = before == NULL ? 0 :
	    grown(before->drops, now->drops);
	v->died = now->died;
	v->closed[TOTAL] = v->closed[INTERVAL] = now->closed;
	reasons_since(&v->closed[INTERVAL], before == NULL ? NULL :
	    &before->closed);
}

static void
fill_lane(struct worker_row *row, const struct reading *before,
    const struct reading *now, unsigned lane)
{
	const struct reading_lane *l = &now->lanes[lane];
	const struct sums *sums = NULL;

	row->lane = (int)lane;
	row->pid = l->lane.pid;
	row->generation = l->lane.generation;
	row->threads = l->lane.threads;
	row->uptime_ns = l->lane.uptime_ns;
	row->busy_ns = l->lane.busy_ns;
	row->in_flight = l->lane.in_flight;
	row->connections = l->connections;
	row->queued = l->queued;
	if (before != NULL && lane < before->nlanes)
		sums = &before->lanes[lane].sums;
	tally_both(row->tally, sums, &l->sums);
}

static void
make_slots(struct view *v, const struct reading *before,
    const struct reading *now)
{
	const struct tf_stat_slot *s;
	struct worker_row *row;
	unsigned i;

	for (i = 0; i < now->nslots; i++) {
		s = &now->slot[i];
		if (s->pid <= 0 && strcmp(s->state, "parked") == 0)
			continue;
		row = &v->worker[v->workers++];
		row->slot = (int)i;
		row->lane = -1;
		memcpy(row->state, s->state, sizeof(row->state));
		if (s->lane >= 0 && (unsigned)s->lane < now->nlanes)
			fill_lane(row, before, now, (unsigned)s->lane);
		row->pid = s->pid;
		row->restarts = s->restarts;
	}
}

/* Of two processes of a slot the one that it names is of the other age. */
static const char *
beside(const struct reading *now, const struct tf_stat_lane *l)
{
	if ((unsigned)l->slot < now->nslots &&
	    l->generation > now->slot[l->slot].generation)
		return "starting";
	return "leaving";
}

/* Processes that no slot names any more, or not yet. */
static void
make_others(struct view *v, const struct reading *before,
    const struct reading *now)
{
	const struct tf_stat_lane *l;
	struct worker_row *row;
	unsigned i;

	for (i = 0; i < now->nlanes; i++) {
		l = &now->lanes[i].lane;
		if (l->slot < 0 || l->pid <= 0 ||
		    ((unsigned)l->slot < now->nslots &&
		    now->slot[l->slot].lane == (int)i))
			continue;
		row = &v->worker[v->workers++];
		row->slot = l->slot;
		strlcpy(row->state, beside(now, l), sizeof(row->state));
		fill_lane(row, before, now, i);
	}
}

static void
make_workers(struct view *v, const struct reading *before,
    const struct reading *now)
{
	unsigned i;

	v->worker = calloc((size_t)now->nslots + now->nlanes + 1,
	    sizeof(*v->worker));
	if (v->worker == NULL)
		err(1, NULL);
	make_slots(v, before, now);
	make_others(v, before, now);
	for (i = 0; i < now->nlanes; i++)
		v->connections += now->lanes[i].connections;
}

/* A method's counts in the lane that is looked at, or in all. */
static const struct sums *
method_sums(const struct reading *r, unsigned method, int lane)
{
	if (r == NULL || method >= r->nmethods)
		return NULL;
	return lane == TF_STAT_ALL ? &r->method[method].sums :
	    &r->method[method].alone;
}

/* Of another lane alone an earlier reading says nothing. */
static void
make_methods(struct view *v, const struct reading *before,
    const struct reading *now)
{
	struct method_row *row;
	unsigned i;

	v->lane = now->lane;
	v->method = calloc((size_t)now->nmethods + 1, sizeof(*v->method));
	if (v->method == NULL)
		err(1, NULL);
	if (before != NULL && now->lane != TF_STAT_ALL &&
	    before->lane != now->lane)
		before = NULL;
	v->methods_since = before != NULL;
	for (i = 0; i < now->nmethods; i++) {
		row = &v->method[v->methods++];
		row->number = i;
		row->in_flight = now->method[i].in_flight;
		memcpy(row->service, now->method[i].name.service,
		    sizeof(row->service));
		memcpy(row->method, now->method[i].name.method,
		    sizeof(row->method));
		tally_both(row->tally, method_sums(before, i, now->lane),
		    method_sums(now, i, now->lane));
		v->methods_ns[INTERVAL] += row->tally[INTERVAL].time_ns;
		v->methods_ns[TOTAL] += row->tally[TOTAL].time_ns;
	}
}

static void
make_calls(struct view *v, const struct reading *now)
{
	const struct reading_call *c;
	struct call_row *row;
	unsigned i;

	v->call = calloc((size_t)now->ncalls + 1, sizeof(*v->call));
	if (v->call == NULL)
		err(1, NULL);
	for (i = 0; i < now->ncalls; i++) {
		c = &now->call[i];
		if (now->lane >= 0 && (unsigned)now->lane != c->lane)
			continue;
		row = &v->call[v->calls++];
		row->lane = (int)c->lane;
		row->thread = c->thread;
		row->method = c->call.method < v->methods ?
		    c->call.method : 0;
		row->seqid = c->call.seqid;
		row->running_ns = c->call.running_ns;
		row->stale = c->call.stale;
		memcpy(row->peer, c->call.peer, sizeof(row->peer));
		if (row->method < v->methods)
			v->method[row->method].running++;
	}
}

struct view *
view_make(const struct reading *before, const struct reading *now)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v == NULL)
		err(1, NULL);
	make_head(v, before, now);
	make_server(v, before, now);
	make_workers(v, before, now);
	make_methods(v, before, now);
	make_calls(v, now);
	return v;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	free(v->worker);
	free(v->method);
	free(v->call);
	free(v);
}
