/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's records: master, slots, lanes, methods, deaths.  An entry is
 * copied as far as both sides know it, so a segment whose records are longer
 * or shorter than ours reads as well.
 */
#include "shm/stat.h"

#include <string.h>

#include "base/clock.h"

static uint64_t
ns_since(uint64_t start)
{
	uint64_t now = clock_ns();

	return start != 0 && start < now ? now - start : 0;
}

/* Copies a record that starts with its sequence word; false: perhaps torn. */
static bool
entry_read(const struct tf_stat *st, const struct segment_area *a, uint64_t i,
    void *to, size_t size)
{
	const char *from = st->map + a->offset + i * a->stride;

	memset(to, 0, size);
	if (size > a->stride)
		size = a->stride;
	return record_read((const word *)(const void *)from,
	    (char *)to + sizeof(word), from + sizeof(word),
	    size / sizeof(word) - 1);
}

static void
text_copy(char *to, size_t size, const char *from)
{
	memcpy(to, from, size);
	to[size - 1] = '\0';
}

void
tf_stat_get_master(const struct tf_stat *st, struct tf_stat_master *m)
{
	const struct segment_head *h = (const void *)st->map;
	struct segment_master now;

	record_read(&h->master_seq, &now, &h->master, RECORD_WORDS(now));
	text_copy(m->name, sizeof(m->name), h->name);
	text_copy(m->library, sizeof(m->library), h->library);
	text_copy(m->listen, sizeof(m->listen), h->listen);
	m->pid = now.pid;
	m->generation = now.generation;
	m->workers = now.workers;
	m->uptime_ns = ns_since(now.started_ns);
	m->started_at_ns = now.started_at_ns;
	m->stopping = now.stops != 0;
}

static const char *
lane_words(const struct tf_stat *st, unsigned lane)
{
	return st->map + st->at.lanes.offset + lane * st->at.lanes.stride;
}

/* Never more than there are records. */
static unsigned
lane_threads(const struct tf_stat *st, const char *words)
{
	uint64_t n;

	if (st->at.threads.count == 0)
		return 0;
	n = word_get((const void *)(words + st->at.threads_offset));
	return (unsigned)(n < st->at.threads.count ? n : st->at.threads.count);
}

bool
tf_stat_get_lane(const struct tf_stat *st, unsigned lane,
    struct tf_stat_lane *to)
{
	struct segment_lane t;
	const char *words;
	uint64_t ended;

	memset(to, 0, sizeof(*to));
	if (lane >= st->at.lane_table.count || lane >= st->at.lanes.count)
		return false;
	entry_read(st, &st->at.lane_table, lane, &t, sizeof(t));
	to->slot = t.slot;
	to->pid = t.pid;
	to->generation = t.generation;
	to->uses = t.uses;
	if (t.uses == 0 || t.slot < 0)
		return true;
	words = lane_words(st, lane);
	to->threads = lane_threads(st, words);
	ended = tf_stat_value(st, st->workers.ended, 0, (int)lane);
	to->uptime_ns = ns_since(t.started_ns);
	to->busy_ns = ns_since(word_get(
	    (const void *)(words + st->at.busy_offset)));
	to->calls = ended > t.calls_before ? ended - t.calls_before : 0;
	to->in_flight = tf_stat_in_flight(st, (int)lane);
	return true;
}

bool
tf_stat_get_slot(const struct tf_stat *st, unsigned slot,
    struct tf_stat_slot *to)
{
	struct segment_slot t;
	struct tf_stat_lane lane;

	memset(to, 0, sizeof(*to));
	if (slot >= st->at.slots.count)
		return false;
	entry_read(st, &st->at.slots, slot, &t, sizeof(t));
	text_copy(to->state, sizeof(to->state), t.state);
	to->pid = t.pid;
	to->restarts = t.restarts;
	to->lane = -1;
	if (t.lane < 0 || !tf_stat_get_lane(st, (unsigned)t.lane, &lane))
		return true;
	to->lane = t.lane;
	to->generation = lane.generation;
	to->uptime_ns = lane.uptime_ns;
	return true;
}

/* The call in a record of a lane; false: it is in none. */
static bool
call_read(const struct lane_call *from, struct tf_stat_call *to)
{
	struct lane_call c;

	to->stale = !record_glance(&from->seq, &c.seq + 1, &from->seq + 1,
	    RECORD_WORDS(c) - 1);
	if (c.since_ns == 0)
		return false;
	to->method = (unsigned)(c.what & 0xffff);
	to->seqid = (int32_t)(uint32_t)(c.what >> 32);
	text_copy(to->peer, sizeof(to->peer), (const char *)c.peer);
	to->running_ns = ns_since(c.since_ns);
	return true;
}

bool
tf_stat_get_call(const struct tf_stat *st, unsigned lane,
    struct tf_stat_call *to)
{
	struct tf_stat_lane l;

	memset(to, 0, sizeof(*to));
	if (!tf_stat_get_lane(st, lane, &l) || l.uses == 0)
		return false;
	return call_read((const void *)(lane_words(st, lane) +
	    st->at.call_offset), to);
}

bool
tf_stat_get_thread(const struct tf_stat *st, unsigned lane, unsigned thread,
    struct tf_stat_call *to)
{
	const struct segment_area *a = &st->at.threads;
	struct tf_stat_lane l;

	memset(to, 0, sizeof(*to));
	if (!tf_stat_get_lane(st, lane, &l) || thread >= l.threads)
		return false;
	return call_read((const void *)(lane_words(st, lane) + a->offset +
	    thread * a->stride), to);
}

unsigned
stat_methods(const struct tf_stat *st)
{
	const struct segment_head *h = (const void *)st->map;
	uint64_t n = word_published(&h->methods_published);
	uint64_t max = stat_methods_max(&st->at);

	return (unsigned)(n < max ? n : max);
}

bool
tf_stat_get_method(const struct tf_stat *st, unsigned method,
    struct tf_stat_method *to)
{
	const struct segment_method *m;

	memset(to, 0, sizeof(*to));
	if (method >= stat_methods(st))
		return false;
	m = (const void *)(st->map + st->at.methods.offset +
	    method * st->at.methods.stride);
	text_copy(to->service, sizeof(to->service), m->service);
	text_copy(to->method, sizeof(to->method), m->method);
	return true;
}

/* Addresses come and go, and leave entries free. */
static bool
listener_read(const struct tf_stat *st, unsigned listener,
    struct segment_listener *l)
{
	for (uint64_t i = 0; i < st->at.listeners.count; i++) {
		entry_read(st, &st->at.listeners, i, l, sizeof(*l));
		if (l->address[0] != '\0' && listener-- == 0)
			return true;
	}
	return false;
}

bool
tf_stat_get_listener(const struct tf_stat *st, unsigned listener,
    struct tf_stat_listener *to)
{
	struct segment_listener l;

	memset(to, 0, sizeof(*to));
	if (!listener_read(st, listener, &l))
		return false;
	text_copy(to->address, sizeof(to->address), l.address);
	text_copy(to->kind, sizeof(to->kind), l.kind);
	to->has_queue = (l.has & SEGMENT_HAS_QUEUE) != 0;
	to->has_drops = (l.has & SEGMENT_HAS_DROPS) != 0;
	to->sockets = l.sockets;
	to->queue = l.queue;
	to->longest = l.longest;
	to->limit = l.limit;
	to->drops = l.drops;
	return true;
}

bool
tf_stat_get_death(const struct tf_stat *st, unsigned back,
    struct tf_stat_death *to)
{
	const struct segment_head *h = (const void *)st->map;
	uint64_t last = word_published(&h->deaths_published);
	struct segment_death d;

	memset(to, 0, sizeof(*to));
	if (back >= st->at.deaths.count || back >= last)
		return false;
	entry_read(st, &st->at.deaths, (last - back - 1) % st->at.deaths.count,
	    &d, sizeof(d));
	to->at_ns = d.at_ns;
	text_copy(to->text, sizeof(to->text), d.text);
	return true;
}
