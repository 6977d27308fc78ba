/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the master publishes: itself, its slots, which process has which lane,
 * and who died.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "shm/describe.h"
#include "shm/own.h"
#include "shm/segment_body.h"

/* What a calendar knows; durations are measured by clock_ns(). */
static uint64_t
date_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void
publish_master(struct segment *s)
{
	struct segment_head *h = segment_head(s);

	record_write(&h->master_seq, &h->master, &s->at.master,
	    RECORD_WORDS(h->master));
}

void
segment_set_master(struct segment *s, int pid, unsigned generation,
    unsigned workers)
{
	struct segment_master *m = &s->at.master;

	if (m->pid != pid) {
		m->started_ns = clock_ns();
		m->started_at_ns = date_ns();
	}
	m->pid = pid;
	m->generation = generation;
	m->workers = workers;
	publish_master(s);
}

void
segment_set_stopping(struct segment *s)
{
	s->at.master.stops = 1;
	publish_master(s);
}

void
segment_add_listen(struct segment *s, const char *address)
{
	struct segment_head *h = segment_head(s);

	if (h->listen[0] != '\0')
		strlcat(h->listen, " ", sizeof(h->listen));
	strlcat(h->listen, address, sizeof(h->listen));
}

void
segment_clear_listen(struct segment *s)
{
	struct segment_head *h = segment_head(s);

	memset(h->listen, 0, sizeof(h->listen));
}

void
segment_set_library(struct segment *s, const char *version)
{
	struct segment_head *h = segment_head(s);

	strlcpy(h->library, version, sizeof(h->library));
}

static int
segment_lane_pick(const struct segment *s, int slot)
{
	int i, first = -1;

	for (i = (int)s->first_lane; i < (int)(s->first_lane + s->nlanes);
	    i++) {
		/* Another master's are taken in the table alone. */
		if (s->lanes[i].slot != -1 ||
		    segment_table_at(s, (unsigned)i)->slot != -1)
			continue;
		if (s->lanes[i].last_slot == slot)
			return i;
		if (first == -1)
			first = i;
	}
	return first;
}

/* A lane's entry in the table, changed as a whole. */
static void
table_write(struct segment_lane *t, const struct segment_lane *n)
{
	record_write(&t->seq, &t->seq + 1, &n->seq + 1, SEGMENT_LANE_RECORD);
}

int
segment_lane_take(struct segment *s, unsigned slot, unsigned generation)
{
	struct segment_lane *t, n;
	int lane = segment_lane_pick(s, (int)slot);
	struct lane_state *state;
	const struct lane *l;

	BUG_ON(slot >= s->at.slots.count);
	if (lane == -1)
		return -1;
	l = segment_lane_at(s, (unsigned)lane);
	state = &s->lanes[lane];
	*state = (struct lane_state){ .slot = (int)slot,
	    .last_slot = (int)slot, .self = state->self,
	    .moved_in_before = word_get(
	    &l->count[COUNTER_CONNECTIONS_MOVED_IN]),
	    .moved_before = word_get(
	    &l->count[COUNTER_CONNECTIONS_MOVED_OUT]) };
	t = segment_table_at(s, (unsigned)lane);
	n = *t;
	n.slot = (int)slot;
	n.pid = 0;
	n.generation = generation;
	n.uses++;
	n.started_ns = clock_ns();
	n.calls_before = word_get(&l->count[COUNTER_CALLS_ENDED]);
	table_write(t, &n);
	return lane;
}

void
segment_lane_started(struct segment *s, unsigned lane, int pid)
{
	struct segment_lane *t = segment_table_at(s, lane), n = *t;

	n.pid = pid;
	n.started_ns = clock_ns();
	table_write(t, &n);
}

void
segment_lane_memory(struct segment *s, unsigned lane, uint64_t resident,
    uint64_t own)
{
	struct segment_lane *t = segment_table_at(s, lane);

	word_set(&t->count[MASTER_MEMORY], resident);
	word_set(&t->count[MASTER_MEMORY_OWN], own);
}

void
segment_lane_gave(struct segment *s, unsigned lane, uint64_t taken,
    unsigned undecided)
{
	struct lane_state *state = &s->lanes[lane];

	BUG_ON(state->slot == -1 || state->ended);
	word_max(&segment_lane_at(s,
	    lane)->count[COUNTER_CONNECTIONS_MOVED_OUT],
	    state->moved_before + taken);
	state->undecided = undecided;
}

/* All is known about its connections: what is open now is lost. */
static void
segment_lane_release(struct segment *s, unsigned lane)
{
	struct lane *l = segment_lane_at(s, lane);

	lane_settle(&segment_table_at(s, lane)->count[MASTER_CONNECTIONS_LOST],
	    &l->count[COUNTER_CONNECTIONS_ACCEPTED],
	    word_get(&l->count[COUNTER_CONNECTIONS_ACCEPTED]) +
	    word_get(&l->count[COUNTER_CONNECTIONS_MOVED_IN]),
	    word_get(&l->count[COUNTER_CONNECTIONS_CLOSED]) +
	    word_get(&l->count[COUNTER_CONNECTIONS_MOVED_OUT]));
	s->lanes[lane].slot = -1;
}

void
segment_lane_decided(struct segment *s, unsigned lane, bool taken)
{
	struct lane_state *state = &s->lanes[lane];

	BUG_ON(state->slot == -1 || state->undecided == 0);
	if (taken)
		word_add(&segment_lane_at(s,
		    lane)->count[COUNTER_CONNECTIONS_MOVED_OUT], 1);
	if (--state->undecided == 0 && state->ended)
		segment_lane_release(s, lane);
}

void
segment_lane_ended(struct segment *s, unsigned lane)
{
	struct segment_lane *t = segment_table_at(s, lane), n;
	struct lane *l = segment_lane_at(s, lane);

	BUG_ON(s->lanes[lane].slot == -1);
	lane_settle(&t->count[MASTER_CALLS_ABORTED],
	    &l->count[COUNTER_CALLS_BEGUN],
	    word_get(&l->count[COUNTER_CALLS_BEGUN]),
	    word_get(&l->count[COUNTER_CALLS_ENDED]));
	word_add(&t->count[MASTER_RECORDS_TORN], segment_calls_end(s, lane));
	lane_busy(l, 0);
	describe_clear_gauges(l);
	segment_lane_memory(s, lane, 0, 0);
	own_clear_gauges(s, lane);
	s->lanes[lane].ended = true;
	if (s->lanes[lane].undecided == 0)
		segment_lane_release(s, lane);
	n = *t;
	n.slot = -1;
	n.pid = 0;
	table_write(t, &n);
}

void
segment_slot_set(struct segment *s, unsigned slot, enum slot_word state,
    int lane, int pid, unsigned restarts)
{
	static const char *const names[] = {
		[SLOT_PARKED] = "parked",
		[SLOT_STARTING] = "starting",
		[SLOT_READY] = "ready",
		[SLOT_DRAINING] = "draining",
		[SLOT_BACKOFF] = "backoff",
	};
	struct segment_slot *t = segment_entry(s, &s->at.slots, slot);
	struct segment_slot n = {
		.lane = lane, .pid = pid, .restarts = restarts
	};

	strlcpy(n.state, names[state], sizeof(n.state));
	record_write(&t->seq, &t->seq + 1, &n.seq + 1, RECORD_WORDS(n) - 1);
}

void
segment_death_add(struct segment *s, const char *text)
{
	/* Not by a count of our own: another master may have written some. */
	uint64_t before = word_published(&segment_head(s)->deaths_published);
	struct segment_death n = { .serial = before + 1 };
	struct segment_death *t = segment_entry(s, &s->at.deaths,
	    (unsigned)(before % SEGMENT_DEATHS));

	n.at_ns = date_ns();
	strlcpy(n.text, text, sizeof(n.text));
	record_write(&t->seq, &t->seq + 1, &n.seq + 1, RECORD_WORDS(n) - 1);
	word_publish(&segment_head(s)->deaths_published, n.serial);
}

void
segment_count(struct segment *s, enum server_counter c, uint64_t n)
{
	uint64_t *w = segment_entry(s, &s->at.server, c);

	__atomic_fetch_add(w, n, __ATOMIC_RELAXED);
}

uint64_t
segment_lane_busy(const struct segment *s, unsigned lane)
{
	return word_get(&segment_lane_at(s, lane)->busy_since_ns);
}

uint64_t
segment_lane_in_flight(const struct segment *s, unsigned lane)
{
	const struct lane *l = segment_lane_at(s, lane);
	uint64_t gone = word_published(&l->count[COUNTER_CALLS_ENDED]) +
	    word_get(&segment_table_at(s, lane)->count[MASTER_CALLS_ABORTED]);
	uint64_t begun = word_get(&l->count[COUNTER_CALLS_BEGUN]);

	return begun > gone ? begun - gone : 0;
}
