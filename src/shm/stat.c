/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: opens a segment that it has no reason to trust.  The head and
 * the counters' descriptions are copied and then checked, once, and only the
 * copies are used, because whoever can write may write at any time.  Whatever
 * else is read is a number or a bounded text.
 */
#include "shm/stat.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* More than this is no segment of ours; it bounds what a reader may spend. */
#define MAX_SLOTS	4096
#define MAX_LANES	4096
#define MAX_METHODS	65536
#define MAX_DEATHS	256
#define MAX_COUNTERS	256
#define MAX_OWN		4096
#define MAX_THREADS	4096
#define MAX_WRITERS	64
#define MAX_LISTENERS	256

/* Does an area lie within size bytes, with entries of at least min bytes? */
static bool
area_ok(const struct segment_area *a, uint64_t size, uint64_t min,
    uint64_t max_count)
{
	return a->offset % 8 == 0 && a->stride % 8 == 0 &&
	    a->stride >= min && a->offset <= size && a->count <= max_count &&
	    a->count <= (size - a->offset) / a->stride;
}

static bool
span_ok(uint64_t offset, uint64_t len, uint64_t size)
{
	return offset % 8 == 0 && offset <= size && len <= size - offset;
}

static bool
areas_ok(const struct segment_head *h)
{
	return area_ok(&h->slots, h->size, 40, MAX_SLOTS) &&
	    area_ok(&h->lane_table, h->size, 40, MAX_LANES) &&
	    area_ok(&h->deaths, h->size, 24, MAX_DEATHS) &&
	    area_ok(&h->methods, h->size, sizeof(struct segment_method),
	    MAX_METHODS) &&
	    area_ok(&h->counters, h->size, sizeof(struct segment_counter),
	    MAX_COUNTERS) &&
	    area_ok(&h->lanes, h->size, 8, MAX_LANES);
}

static bool
lane_ok(const struct segment_head *h)
{
	const uint64_t lane = h->lanes.stride;

	return area_ok(&h->method_table, lane, 8, MAX_METHODS) &&
	    area_ok(&h->hists, lane, 8, MAX_METHODS) &&
	    span_ok(h->call_offset, sizeof(struct lane_call), lane) &&
	    span_ok(h->busy_offset, 8, lane) &&
	    h->hist_buckets <= h->hists.stride / 8;
}

/* What has none of its own has no stride either. */
static bool
own_ok(const struct segment_head *h)
{
	const size_t last = offsetof(struct segment_head, own_published);

	return h->own.count == 0 || (h->head_size >= last + 8 &&
	    area_ok(&h->own, h->size, SEGMENT_OWN_LEAST, MAX_OWN));
}

/*
 * And for histograms among them, which have to lie in a lane, with room for
 * what so many writers count.
 */
static bool
own_hists_ok(const struct segment_head *h)
{
	const uint64_t n = h->own_writers;
	const struct segment_area *t = &h->own_tallies, *c = &h->own_counts;

	return t->count == 0 || (n > 0 && n <= MAX_WRITERS &&
	    area_ok(t, h->lanes.stride, n * 24, MAX_OWN) &&
	    area_ok(c, h->lanes.stride, n * 8, MAX_OWN) &&
	    t->stride % (n * 8) == 0 && c->stride % (n * 8) == 0 &&
	    h->hist_buckets <= c->stride / n / 8);
}

/* The same for threads. */
static bool
threads_ok(const struct segment_head *h)
{
	return h->threads.count == 0 || (area_ok(&h->threads, h->lanes.stride,
	    sizeof(struct lane_call), MAX_THREADS) &&
	    span_ok(h->threads_offset, 8, h->lanes.stride));
}

/* And for the server's words. */
static bool
server_ok(const struct segment_head *h)
{
	return h->server.count == 0 || (h->server.stride == 8 &&
	    area_ok(&h->server, h->size, 8, MAX_COUNTERS));
}

/* And for its addresses. */
static bool
listeners_ok(const struct segment_head *h)
{
	return h->listeners.count == 0 || area_ok(&h->listeners, h->size, 8,
	    MAX_LISTENERS);
}

/* A head of an earlier build is shorter: what it does not know is not there. */
static void
head_copy(struct segment_head *h, const char *map, uint64_t size)
{
	memcpy(h, map, size < sizeof(*h) ? size : sizeof(*h));
	if (h->head_size >= SEGMENT_HEAD_LEAST && h->head_size < sizeof(*h))
		memset((char *)h + h->head_size, 0, sizeof(*h) - h->head_size);
}

static const char *
head_read(struct segment_head *h, const char *map, uint64_t size)
{
	head_copy(h, map, size);
	if (h->magic != SEGMENT_MAGIC)
		return "not a segment of thriftfork";
	if (h->version != SEGMENT_VERSION)
		return "the segment is of another version";
	if (h->head_size < SEGMENT_HEAD_LEAST || h->size > size ||
	    h->head_size > h->size)
		return "the segment's head is damaged";
	if (!areas_ok(h) || !lane_ok(h) || !own_ok(h) || !own_hists_ok(h) ||
	    !threads_ok(h) || !server_ok(h) || !listeners_ok(h))
		return "the segment's areas are damaged";
	return NULL;
}

static bool
counter_ok(const struct segment_head *h, const struct segment_counter *c)
{
	switch (c->place) {
	case SEGMENT_IN_LANE:
		return span_ok(c->offset, 8, h->lanes.stride);
	case SEGMENT_IN_TABLE:
		return span_ok(c->offset, 8, h->lane_table.stride);
	case SEGMENT_IN_METHOD:
		return span_ok(c->offset, 8, h->method_table.stride);
	case SEGMENT_IN_SERVER:
		return span_ok(c->offset, 8, h->server.count * 8);
	}
	return true;
}

static bool
hist_ok(const struct segment_head *h, const struct segment_counter *c)
{
	const uint64_t lane = h->lanes.stride, size = h->hist_buckets * 8;
	bool method = c->place == SEGMENT_IN_METHOD;
	uint64_t n = method ? stat_methods_max(h) : 1;

	return span_ok(c->offset, 0, lane) &&
	    (size == 0 || n <= (lane - c->offset) / size) &&
	    span_ok(c->many, 8, method ? h->method_table.stride : lane);
}

/* A description as users see it; its texts are those of the copy. */
static void
counter_show(struct tf_stat_counter *to, struct segment_counter *c)
{
	c->name[sizeof(c->name) - 1] = '\0';
	c->unit[sizeof(c->unit) - 1] = '\0';
	c->help[sizeof(c->help) - 1] = '\0';
	to->name = c->name;
	to->unit = c->unit;
	to->help = c->help;
	to->kind = c->kind == SEGMENT_GAUGE ? TF_STAT_GAUGE :
	    c->kind == SEGMENT_MAXIMUM ? TF_STAT_MAXIMUM :
	    c->kind == SEGMENT_HISTOGRAM ? TF_STAT_HISTOGRAM :
	    TF_STAT_COUNTER;
	to->level = c->place == SEGMENT_IN_METHOD ? TF_STAT_METHOD :
	    c->place == SEGMENT_IN_SERVER ? TF_STAT_SERVER : TF_STAT_WORKER;
}

/* -1: it is damaged. */
static int
counter_add(struct tf_stat *st, const struct segment_counter *c)
{
	struct segment_counter *to = &st->counter[st->counters];

	if (!counter_ok(&st->at, c))
		return -1;
	*to = *c;
	counter_show(&st->shown[st->counters++], to);
	return 0;
}

static int
hist_add(struct tf_stat *st, const struct segment_counter *c)
{
	struct segment_counter *to = &st->hist[st->hists];

	if (!hist_ok(&st->at, c))
		return -1;
	*to = *c;
	counter_show(&st->hist_shown[st->hists++], to);
	return 0;
}

/* Kinds and places that this version does not know are passed over. */
static int
counter_read(struct tf_stat *st, const struct segment_counter *c)
{
	if (c->kind == SEGMENT_HISTOGRAM)
		return c->place == SEGMENT_IN_LANE ||
		    c->place == SEGMENT_IN_METHOD ? hist_add(st, c) : 0;
	if (c->kind > SEGMENT_MAXIMUM || c->place > SEGMENT_IN_SERVER)
		return 0;
	return counter_add(st, c);
}

static const char *
counters_read(struct tf_stat *st)
{
	const struct segment_area *a = &st->at.counters;
	struct segment_counter c;
	size_t n = a->count + 1;

	st->counter = calloc(n, sizeof(*st->counter));
	st->shown = calloc(n, sizeof(*st->shown));
	st->hist = calloc(n, sizeof(*st->hist));
	st->hist_shown = calloc(n, sizeof(*st->hist_shown));
	if (st->counter == NULL || st->shown == NULL || st->hist == NULL ||
	    st->hist_shown == NULL)
		return "out of memory";
	for (uint64_t i = 0; i < a->count; i++) {
		memcpy(&c, st->map + a->offset + i * a->stride, sizeof(c));
		if (counter_read(st, &c) == -1)
			return "the segment's counters are damaged";
	}
	st->workers = (struct stat_flight){
	    tf_stat_find(st, TF_STAT_WORKER, "calls_begun"),
	    tf_stat_find(st, TF_STAT_WORKER, "calls_ended"),
	    tf_stat_find(st, TF_STAT_WORKER, "calls_aborted") };
	st->methods = (struct stat_flight){
	    tf_stat_find(st, TF_STAT_METHOD, "begun"),
	    tf_stat_find(st, TF_STAT_METHOD, "calls"),
	    tf_stat_find(st, TF_STAT_METHOD, "aborted") };
	return NULL;
}

/* Sealed, or its pages could be taken from under the mapping. */
static const char *
segment_map_fd(struct tf_stat *st, int fd)
{
	struct stat sb;
	int seals = fcntl(fd, F_GET_SEALS);
	void *p;

	if (seals == -1 || (seals & F_SEAL_SHRINK) == 0)
		return "not a sealed memory file";
	if (fstat(fd, &sb) == -1 ||
	    sb.st_size < (off_t)SEGMENT_HEAD_LEAST)
		return "too short for a segment";
	p = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return "the segment cannot be mapped";
	st->map = p;
	st->size = (size_t)sb.st_size;
	return NULL;
}

struct tf_stat *
tf_stat_open_fd(int fd, const char **why)
{
	struct tf_stat *st = calloc(1, sizeof(*st));
	const char *error = "out of memory";

	if (st != NULL)
		error = segment_map_fd(st, fd);
	if (error == NULL)
		error = head_read(&st->at, st->map, st->size);
	if (error == NULL)
		error = counters_read(st);
	if (error == NULL)
		return st;
	if (why != NULL)
		*why = error;
	tf_stat_close(st);
	return NULL;
}

void
tf_stat_close(struct tf_stat *st)
{
	if (st == NULL)
		return;
	if (st->map != NULL)
		munmap(st->map, st->size);
	free(st->counter);
	free(st->shown);
	free(st->hist);
	free(st->hist_shown);
	free(st);
}

const struct tf_stat_counter *
tf_stat_counter(const struct tf_stat *st, unsigned counter)
{
	return counter < st->counters ? &st->shown[counter] : NULL;
}

const struct tf_stat_counter *
tf_stat_histogram(const struct tf_stat *st, unsigned histogram)
{
	return histogram < st->hists ? &st->hist_shown[histogram] : NULL;
}

static int
find(const struct tf_stat_counter *in, unsigned n, enum tf_stat_level level,
    const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (in[i].level == level && strcmp(in[i].name, name) == 0)
			return (int)i;
	return -1;
}

int
tf_stat_find(const struct tf_stat *st, enum tf_stat_level level,
    const char *name)
{
	return find(st->shown, st->counters, level, name);
}

int
tf_stat_find_histogram(const struct tf_stat *st, enum tf_stat_level level,
    const char *name)
{
	return find(st->hist_shown, st->hists, level, name);
}
