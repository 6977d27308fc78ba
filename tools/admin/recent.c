/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See recent.h.  Of each method three tallies are kept: the last one, and two
 * that are five seconds apart, of which the older is what is taken off.
 */
#include "recent.h"

#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

#define KEEP_NS		5000000000u
#define NS_PER_MS	1000000u

enum { OLD, MIDDLE, NOW, TALLIES };

enum { CALLS, EXCEPTIONS, ERRORS, BYTES_IN, BYTES_OUT, ABORTED, SUMS };

static const char *const sum_names[SUMS] = { "calls", "exceptions", "errors",
    "bytes_in", "bytes_out", "aborted" };

struct tally {
	uint64_t	 sum[SUMS];
	struct tf_stat_times times, waits;
};

struct method {
	struct tf_stat_method name;
	struct tally	 tally[TALLIES];
};

struct recent {
	uint64_t	 at_ns[TALLIES];	/* 0: never */
	struct method	*method;
	unsigned	 n;
};

struct recent *
recent_new(void)
{
	struct recent *r = calloc(1, sizeof(*r));

	if (r == NULL)
		err(1, NULL);
	return r;
}

void
recent_free(struct recent *r)
{
	free(r->method);
	free(r);
}

void
recent_forget(struct recent *r)
{
	free(r->method);
	memset(r, 0, sizeof(*r));
}

/* One that has been added since had no calls before. */
static void
find_methods(struct recent *r, const struct tf_stat *st)
{
	struct tf_stat_method name;

	while (tf_stat_get_method(st, r->n, &name)) {
		r->method = reallocarray(r->method, (size_t)r->n + 1,
		    sizeof(*r->method));
		if (r->method == NULL)
			err(1, NULL);
		memset(&r->method[r->n], 0, sizeof(*r->method));
		r->method[r->n++].name = name;
	}
}

/* False: one of its sums is smaller than it was. */
static bool
look_at(struct method *m, const struct tf_stat *st, int number)
{
	struct tally *t = &m->tally[NOW];
	uint64_t sum;
	int i;

	for (i = 0; i < SUMS; i++) {
		sum = tf_stat_value(st, tf_stat_find(st, TF_STAT_METHOD,
		    sum_names[i]), number, TF_STAT_ALL);
		if (sum < t->sum[i])
			return false;
		t->sum[i] = sum;
	}
	if (t->sum[CALLS] != 0)
		tf_stat_get_times(st, number, TF_STAT_ALL, &t->times);
	tf_stat_get_histogram(st, tf_stat_find_histogram(st, TF_STAT_METHOD,
	    "wait"), number, TF_STAT_ALL, &t->waits);
	return true;
}

static bool
look_at_all(struct recent *r, const struct tf_stat *st)
{
	unsigned i;

	find_methods(r, st);
	for (i = 0; i < r->n; i++)
		if (!look_at(&r->method[i], st, (int)i))
			return false;
	return true;
}

static void
keep(struct recent *r, int from, int to)
{
	unsigned i;

	r->at_ns[to] = r->at_ns[from];
	for (i = 0; i < r->n; i++)
		r->method[i].tally[to] = r->method[i].tally[from];
}

void
recent_look(struct recent *r, const struct tf_stat *st, uint64_t at_ns)
{
	bool first = r->at_ns[NOW] == 0;

	if (!look_at_all(r, st)) {
		recent_forget(r);
		look_at_all(r, st);
		first = true;
	}
	r->at_ns[NOW] = at_ns;
	if (first)
		keep(r, NOW, MIDDLE);
	if (first || at_ns - r->at_ns[MIDDLE] >= KEEP_NS) {
		keep(r, MIDDLE, OLD);
		keep(r, NOW, MIDDLE);
	}
}

/* As everywhere: a call that took its worker along is one that went wrong. */
static void
print_sums(FILE *f, const uint64_t *sum)
{
	member_number(f, "calls", sum[CALLS] + sum[ABORTED]);
	member_number(f, "exceptions", sum[EXCEPTIONS]);
	member_number(f, "errors", sum[ERRORS] + sum[ABORTED]);
	member_number(f, "bytes_in", sum[BYTES_IN]);
	fprintf(f, "\"bytes_out\":%" PRIu64, sum[BYTES_OUT]);
}

static void
print_method(FILE *f, const struct method *m)
{
	const struct tally *now = &m->tally[NOW], *old = &m->tally[OLD];
	struct tf_stat_times times = now->times, waits = now->waits;
	uint64_t sum[SUMS];
	int i;

	for (i = 0; i < SUMS; i++)
		sum[i] = now->sum[i] - old->sum[i];
	tf_stat_times_since(&times, &old->times);
	tf_stat_times_since(&waits, &old->waits);
	fputc('{', f);
	member_text(f, "service", m->name.service);
	member_text(f, "method", m->name.method);
	member_number(f, "p50_ns", tf_stat_times_quantile(&times, 0.5));
	member_number(f, "p99_ns", tf_stat_times_quantile(&times, 0.99));
	member_number(f, "p999_ns", tf_stat_times_quantile(&times, 0.999));
	member_number(f, "max_ns", tf_stat_times_quantile(&times, 1));
	member_number(f, "wait_p99_ns", tf_stat_times_quantile(&waits, 0.99));
	print_sums(f, sum);
	fputs(",\"total\":{", f);
	print_sums(f, now->sum);
	fputs("}}", f);
}

void
recent_print(const struct recent *r, FILE *f)
{
	bool comma = false;
	unsigned i;

	fprintf(f, "\"methods_ms\":%" PRIu64 ",\"methods\":[",
	    (r->at_ns[NOW] - r->at_ns[OLD]) / NS_PER_MS);
	for (i = 0; i < r->n; i++) {
		const uint64_t *sum = r->method[i].tally[NOW].sum;

		if (sum[CALLS] + sum[ABORTED] == 0)
			continue;
		if (comma)
			fputc(',', f);
		comma = true;
		print_method(f, &r->method[i]);
	}
	fputc(']', f);
}
