/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program has declared, under names that are nobody else's, whatever
 * it has called them.
 */
#include "metrics.h"

#include <string.h>

#include "expose.h"

#define PREFIX_OWN	"thriftfork_own_"
#define PREFIX_HISTOGRAM "thriftfork_histogram_"

/* "hits_total" may stand beside "hits", which becomes that. */
static bool
is_taken(const struct tf_stat *st, const char *name)
{
	size_t len = strlen(name), end = sizeof("_total") - 1;
	struct tf_stat_own other;
	char base[64];
	int n;

	if (len <= end || len >= sizeof(base) ||
	    strcmp(name + len - end, "_total") != 0)
		return false;
	snprintf(base, sizeof(base), "%.*s", (int)(len - end), name);
	n = tf_stat_find_own(st, base);
	return n != -1 && tf_stat_get_own(st, (unsigned)n, &other) &&
	    other.kind == TF_STAT_COUNTER;
}

static void
put_numbers(const struct tf_stat *st, FILE *f)
{
	char name[EXPOSE_NAME];
	struct tf_stat_own own;
	unsigned i;

	for (i = 0; tf_stat_get_own(st, i, &own); i++) {
		const struct tf_stat_counter c = { .name = own.name,
		    .unit = "", .help = own.help, .kind = own.kind };

		expose_name(name, is_taken(st, own.name) ? PREFIX_OWN "_" :
		    PREFIX_OWN, &c);
		expose_head(f, name, own.kind == TF_STAT_COUNTER ? "counter" :
		    "gauge", own.help);
		expose_int(f, name, "", tf_stat_own_value(st, (int)i,
		    TF_STAT_ALL));
	}
}

/* Its unit is always at the end, so no two have the same one. */
static void
put_histogram(const struct tf_stat *st, FILE *f, unsigned number,
    const struct tf_stat_own_histogram *own)
{
	bool of_times = strcmp(own->unit, "ns") == 0;
	char both[sizeof(own->name) + sizeof(own->unit)], name[EXPOSE_NAME];
	const struct tf_stat_counter c = { .name = both, .unit = "",
	    .kind = TF_STAT_HISTOGRAM };
	struct tf_stat_own_values v;

	snprintf(both, sizeof(both), "%s_%s", own->name,
	    of_times ? "seconds" : own->unit);
	expose_name(name, PREFIX_HISTOGRAM, &c);
	tf_stat_get_own_values(st, (int)number, TF_STAT_ALL, &v);
	expose_head(f, name, "histogram", own->help);
	expose_histogram(f, name, "", of_times, &v.counts, v.sum);
}

static void
put_histograms(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_own_histogram own;

	for (unsigned i = 0; tf_stat_get_own_histogram(st, i, &own); i++)
		put_histogram(st, f, i, &own);
}

void
metrics_own(const struct tf_stat *st, FILE *f)
{
	put_numbers(st, f);
	put_histograms(st, f);
}
