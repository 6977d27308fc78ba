/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The segment's life: made and sealed by the master, and the step by which a
 * child becomes a worker, who can write one lane of it.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memfd.h"
#include "shm/describe.h"
#include "shm/segment_body.h"

static int
segment_memfd(const char *name, uint64_t size)
{
	char label[128];
	int fd;

	snprintf(label, sizeof(label), "thriftfork:%s", name);
	if ((fd = memfd_new(label)) == -1)
		return -1;
	if (fchmod(fd, 0600) == -1 || ftruncate(fd, (off_t)size) == -1 ||
	    fcntl(fd, F_ADD_SEALS,
	    F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

int
segment_reopen(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int
segment_map(struct segment *s, const char *name)
{
	void *p;

	s->fd = segment_memfd(name, s->at.size);
	if (s->fd == -1)
		return -1;
	s->read_fd = segment_reopen(s->fd);
	if (s->read_fd == -1)
		return -1;
	p = mmap(NULL, s->at.size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    s->fd, 0);
	if (p == MAP_FAILED)
		return -1;
	s->map = p;
	return 0;
}

int
segment_lanes_new(struct segment *s)
{
	unsigned i;

	s->lanes = calloc(s->at.lanes.count, sizeof(*s->lanes));
	if (s->lanes == NULL)
		return -1;
	for (i = 0; i < s->at.lanes.count; i++)
		s->lanes[i].slot = s->lanes[i].last_slot = -1;
	s->nlanes = (unsigned)s->at.lanes.count;
	return 0;
}

/* What readers must not find as zeroes; the magic comes last. */
static void
segment_publish(struct segment *s)
{
	struct segment_head *h = segment_head(s);
	unsigned i;

	describe_counters(segment_entry(s, &s->at.counters, 0), &s->at);
	for (i = 0; i < s->at.lanes.count; i++)
		segment_table_at(s, i)->slot = -1;
	for (i = 0; i < s->at.slots.count; i++)
		segment_slot_set(s, i, SLOT_PARKED, -1, 0, 0);
	segment_method_add(s, "", "other");
	s->at.methods_published = s->methods;
	s->at.magic = 0;
	*h = s->at;
	word_publish(&h->magic, SEGMENT_MAGIC);
}

struct segment *
segment_create(const char *name, const struct segment_sizes *sizes)
{
	struct segment *s;
	int error;

	if (sizes->slots == 0 || sizes->lanes == 0 || sizes->methods > 65535) {
		errno = EINVAL;
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->fd = s->read_fd = -1;
	describe_head(&s->at, sizes, (uint64_t)sysconf(_SC_PAGESIZE));
	strlcpy(s->at.name, name, sizeof(s->at.name));
	if (segment_lanes_new(s) == -1 || segment_map(s, name) == -1) {
		error = errno;
		segment_free(s);
		errno = error;
		return NULL;
	}
	segment_publish(s);
	return s;
}

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* With the pages before and behind it. */
static void
unmap_guarded(void *p, size_t size)
{
	munmap((char *)p - page_size(), size + 2 * page_size());
}

static void
unmap_lane(const struct segment *s, void *lane)
{
	if (lane != NULL)
		unmap_guarded(lane, s->at.lanes.stride);
}

static void
unmap_lanes(const struct segment *s)
{
	unmap_lane(s, s->lane);
	for (unsigned i = 0; s->lanes != NULL && i < s->at.lanes.count; i++)
		unmap_lane(s, s->lanes[i].self);
}

/* Whole pages: the lanes begin on the next one. */
static size_t
locks_size(const struct segment *s)
{
	return s->at.lanes.offset - s->at.locks.offset;
}

void
segment_free(struct segment *s)
{
	if (s == NULL)
		return;
	if (s->map != NULL)
		munmap(s->map, s->at.size);
	unmap_lanes(s);
	if (s->locks != NULL)
		unmap_guarded(s->locks, locks_size(s));
	if (s->fd != -1)
		close(s->fd);
	if (s->read_fd != -1)
		close(s->read_fd);
	free(s->lanes);
	free(s);
}

int
segment_fd(const struct segment *s)
{
	return s->read_fd;
}

int
segment_write_fd(const struct segment *s)
{
	return s->fd;
}

/* A part for writing, between two pages that cannot be touched. */
static void *
map_guarded(const struct segment *s, uint64_t offset, size_t size)
{
	char *p;

	p = mmap(NULL, size + 2 * page_size(), PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return p;
	return mmap(p + page_size(), size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_FIXED, s->fd, (off_t)offset);
}

/* The page before it is its desk. */
static struct lane *
map_lane(const struct segment *s, unsigned lane)
{
	char *p = map_guarded(s, s->at.lanes.offset +
	    lane * s->at.lanes.stride, s->at.lanes.stride);

	if (p == MAP_FAILED || mprotect(p - page_size(), page_size(),
	    PROT_READ | PROT_WRITE) == -1)
		return NULL;
	return (void *)p;
}

struct lane *
segment_attach(struct segment *s, unsigned lane)
{
	void *locks, *all;

	BUG_ON(lane >= s->at.lanes.count || s->fd == -1);
	if ((s->lane = map_lane(s, lane)) == NULL)
		return NULL;
	locks = map_guarded(s, s->at.locks.offset, locks_size(s));
	if (locks == MAP_FAILED)
		return NULL;
	s->locks = locks;
	all = mmap(s->map, s->at.size, PROT_READ, MAP_SHARED | MAP_FIXED,
	    s->read_fd, 0);
	if (all == MAP_FAILED)
		return NULL;
	close(s->fd);
	s->fd = -1;
	lane_init(s->lane, (unsigned)s->at.methods.count);
	return s->lane;
}

struct lane *
segment_attach_self(struct segment *s, unsigned lane)
{
	struct lane **self = &s->lanes[lane].self;

	BUG_ON(lane >= s->at.lanes.count);
	if (*self == NULL)
		*self = map_lane(s, lane);
	if (*self != NULL)
		lane_init(*self, (unsigned)s->at.methods.count);
	return *self;
}
