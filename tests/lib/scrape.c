/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrape NAME: reads the segment of a server as fast as it can until standard
 * input ends, and holds each reading against the one before: nothing that is
 * counted may fall, for any method and lane or for all together, and what is in
 * flight may not be less than nothing.  It says "ready" after its first
 * reading, and in the end one JSON object: how often it has looked, the most
 * that it has seen in flight, and what fell.  Knows of the segment no more than
 * <thriftfork/stat.h> tells.
 */
#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/control.h>
#include <thriftfork/stat.h>

#define KEPT		(1u << 16)	/* values that are remembered */
#define GLANCES		200		/* at what is in flight, in a round */
#define TIMES_EVERY	8		/* rounds, as histograms are large */
#define OPEN_EVERY	64		/* rounds: who is the master now? */
#define SAID_MAX	20

static const char *instance;
static struct tf_stat *reader;
static unsigned lanes;

static uint64_t before[KEPT];
static unsigned at;		/* which value of this round comes next */
static uint64_t rounds, glances, opened, problems, most_in_flight;
static char said[SAID_MAX][200];

static void
problem(const char *what, const char *name, int method, int lane,
    uint64_t was, uint64_t now)
{
	if (problems++ < SAID_MAX)
		snprintf(said[problems - 1], sizeof(said[0]), "round %" PRIu64
		    ": %s: %s, method %d, lane %d: %" PRIu64 " -> %" PRIu64,
		    rounds, what, name, method, lane, was, now);
}

/* The place of a value is the same in each round. */
static void
no_less(const char *name, int method, int lane, uint64_t now)
{
	if (at == KEPT)
		errx(1, "more values than there is room for");
	if (now < before[at])
		problem("fell", name, method, lane, before[at], now);
	before[at++] = now;
}

static struct tf_stat *
open_stat(void)
{
	struct tf_stat *st;
	char why[200];
	int fd = -1, control = tf_control_open(instance, why, sizeof(why));

	if (control == -1)
		return NULL;
	if (tf_control_ask(control, "status", &fd, why, sizeof(why)) == -1)
		fd = -1;
	close(control);
	if (fd == -1)
		return NULL;
	st = tf_stat_open_fd(fd, NULL);
	close(fd);
	return st;
}

/* One that upgrades may have no time; the segment stays the same. */
static void
open_again(void)
{
	struct tf_stat *st = open_stat();

	if (st == NULL)
		return;
	tf_stat_close(reader);
	reader = st;
	opened++;
}

static void
look_at_flight(void)
{
	uint64_t n = tf_stat_in_flight(reader, TF_STAT_ALL);

	if (n > most_in_flight)
		most_in_flight = n;
	glances++;
}

/* What tf_stat_in_flight() would hide: read in the order that it reads in. */
static void
look_at_balance(int lane)
{
	static const char *const names[] = { "calls_ended", "calls_aborted",
	    "calls_begun" };
	uint64_t n[3];

	for (int i = 0; i < 3; i++)
		n[i] = tf_stat_value(reader, tf_stat_find(reader,
		    TF_STAT_WORKER, names[i]), 0, lane);
	if (n[2] < n[0] + n[1])
		problem("less than nothing", "in flight", 0, lane, n[0] + n[1],
		    n[2]);
}

static void
look_at_lanes(unsigned i, const struct tf_stat_counter *c)
{
	for (unsigned lane = 0; lane < lanes; lane++)
		no_less(c->name, 0, (int)lane, tf_stat_value(reader, (int)i, 0,
		    (int)lane));
}

static void
look_at_counters(void)
{
	const struct tf_stat_counter *c;
	struct tf_stat_method m;
	unsigned i, method;

	for (i = 0; (c = tf_stat_counter(reader, i)) != NULL; i++) {
		if (c->kind == TF_STAT_GAUGE)
			continue;
		no_less(c->name, TF_STAT_ALL, TF_STAT_ALL, tf_stat_value(reader,
		    (int)i, TF_STAT_ALL, TF_STAT_ALL));
		if (c->level == TF_STAT_WORKER)
			look_at_lanes(i, c);
		else
			for (method = 0; tf_stat_get_method(reader, method, &m);
			    method++)
				no_less(c->name, (int)method, TF_STAT_ALL,
				    tf_stat_value(reader, (int)i, (int)method,
				    TF_STAT_ALL));
	}
}

static void
look_at_times(void)
{
	struct tf_stat_times times;

	tf_stat_get_times(reader, TF_STAT_ALL, TF_STAT_ALL, &times);
	for (unsigned i = 0; i < TF_STAT_BUCKETS; i++)
		no_less("bucket", (int)i, TF_STAT_ALL, times.count[i]);
}

static void
look(void)
{
	at = 0;
	if (rounds % TIMES_EVERY == 0)
		look_at_times();
	else
		at = TF_STAT_BUCKETS;
	look_at_counters();
	for (unsigned lane = 0; lane < lanes; lane++)
		look_at_balance((int)lane);
	for (unsigned i = 0; i < GLANCES; i++)
		look_at_flight();
	rounds++;
}

static bool
is_over(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* All that there will ever be. */
static void
count_lanes(void)
{
	struct tf_stat_lane l;

	while (tf_stat_get_lane(reader, lanes, &l))
		lanes++;
}

static void
report(void)
{
	printf("{\"rounds\": %" PRIu64 ", \"glances\": %" PRIu64
	    ", \"opened\": %" PRIu64 ", \"most_in_flight\": %" PRIu64
	    ", \"problems\": %" PRIu64 ", \"said\": [", rounds, glances,
	    opened, most_in_flight, problems);
	for (unsigned i = 0; i < problems && i < SAID_MAX; i++)
		printf("%s\"%s\"", i > 0 ? ", " : "", said[i]);
	puts("]}");
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: scrape NAME");
	instance = argv[1];
	open_again();
	if (reader == NULL)
		errx(1, "%s: no such instance", instance);
	count_lanes();
	look();
	puts("ready");
	fflush(stdout);
	while (!is_over()) {
		look();
		if (rounds % OPEN_EVERY == 0)
			open_again();
	}
	report();
	tf_stat_close(reader);
	return 0;
}
