/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment that another master has made: the one before us, which is about to
 * leave, or which is dead.  Its counters go on, so sums never fall.  Lanes that
 * its processes have are theirs until those are gone; while both masters live
 * each takes lanes from a range of its own.
 *
 * Workers may have reached what they should not, so nothing that stands in the
 * segment is used here before it has been compared with what we would have
 * written ourselves.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "shm/describe.h"
#include "shm/own.h"
#include "shm/segment_body.h"

#define BIRTH_NS (60 * NS_PER_S)	/* until a worker serves */
#define SEALS	(F_SEAL_GROW | F_SEAL_SHRINK)

static bool
same_area(const struct segment_area *a, const struct segment_area *b)
{
	return a->offset == b->offset && a->stride == b->stride &&
	    a->count == b->count;
}

/* Whether it lies in memory as ours would, for the same maxima. */
static bool
same_layout(const struct segment_head *a, const struct segment_head *b)
{
	return a->magic == b->magic && a->version == b->version &&
	    a->head_size == b->head_size && a->size == b->size &&
	    same_area(&a->slots, &b->slots) &&
	    same_area(&a->lane_table, &b->lane_table) &&
	    same_area(&a->deaths, &b->deaths) &&
	    same_area(&a->methods, &b->methods) &&
	    same_area(&a->counters, &b->counters) &&
	    same_area(&a->lanes, &b->lanes) &&
	    same_area(&a->method_table, &b->method_table) &&
	    same_area(&a->hists, &b->hists) &&
	    a->call_offset == b->call_offset &&
	    a->busy_offset == b->busy_offset &&
	    a->hist_bits == b->hist_bits &&
	    a->hist_buckets == b->hist_buckets &&
	    same_area(&a->own, &b->own) && same_area(&a->locks, &b->locks) &&
	    same_area(&a->cells, &b->cells) &&
	    same_area(&a->threads, &b->threads) &&
	    a->threads_offset == b->threads_offset &&
	    same_area(&a->server, &b->server) &&
	    same_area(&a->listeners, &b->listeners) &&
	    same_area(&a->own_tallies, &b->own_tallies) &&
	    same_area(&a->own_counts, &b->own_counts) &&
	    a->own_writers == b->own_writers;
}

static bool
same_counters(const struct segment *s)
{
	static struct segment_counter ours[DESCRIBE_COUNTERS];

	describe_counters(ours, &s->at);
	return memcmp(segment_entry(s, &s->at.counters, 0), ours,
	    sizeof(ours)) == 0;
}

/* Memory that can shrink under us would kill us. */
static bool
is_sealed(int fd, uint64_t size)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals != -1 && (seals & SEALS) == SEALS &&
	    fstat(fd, &st) == 0 && (uint64_t)st.st_size == size;
}

static int
take_over(struct segment *s)
{
	const struct segment_head *h = segment_head(s);
	uint64_t methods = word_published(&h->methods_published);

	s->at.master = (struct segment_master){ .pid = 0 };
	if (methods == 0 || methods > s->at.methods.count)
		return -1;
	if (own_take_over(s) == -1)
		return -1;
	s->methods = (unsigned)methods;
	memcpy(s->at.name, h->name, sizeof(s->at.name));
	s->at.name[sizeof(s->at.name) - 1] = '\0';
	return 0;
}

static int
map_it(struct segment *s, int fd)
{
	void *p;

	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (s->fd == -1 || (s->read_fd = segment_reopen(s->fd)) == -1)
		return -1;
	p = mmap(NULL, s->at.size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd,
	    0);
	if (p == MAP_FAILED)
		return -1;
	s->map = p;
	return 0;
}

static int
adopt(struct segment *s, int fd)
{
	if (is_sealed(fd, s->at.size) && map_it(s, fd) == -1)
		return -1;
	if (s->map != NULL && same_layout(&s->at, segment_head(s)) &&
	    same_counters(s) && take_over(s) == 0)
		return 0;
	errno = EPROTO;
	return -1;
}

struct segment *
segment_adopt(int fd, const struct segment_sizes *sizes)
{
	struct segment *s;
	int saved;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->fd = s->read_fd = -1;
	describe_head(&s->at, sizes, (uint64_t)sysconf(_SC_PAGESIZE));
	if (segment_lanes_new(s) == 0 && adopt(s, fd) == 0)
		return s;
	saved = errno;
	segment_free(s);
	errno = saved;
	return NULL;
}

void
segment_lanes_limit(struct segment *s, unsigned first, unsigned count)
{
	BUG_ON(first > s->at.lanes.count || count > s->at.lanes.count - first);
	s->first_lane = first;
	s->nlanes = count;
}

/* Signal 0 says whether it lives; nothing else is done to such a pid. */
static bool
lives(int32_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* The master may have died between the fork and writing down the pid. */
static bool
may_be_born(const struct segment_lane *t)
{
	return t->pid == 0 && clock_ns() - t->started_ns < BIRTH_NS;
}

unsigned
segment_lanes_reclaim(struct segment *s)
{
	unsigned left = 0;

	for (unsigned i = 0; i < s->at.lanes.count; i++) {
		const struct segment_lane *t = segment_table_at(s, i);

		if (t->slot == -1 || s->lanes[i].slot != -1)
			continue;
		if (lives(t->pid) || may_be_born(t)) {
			left++;
			continue;
		}
		s->lanes[i].slot = 0;	/* ours, to be ended */
		segment_lane_ended(s, i);
	}
	return left;
}
