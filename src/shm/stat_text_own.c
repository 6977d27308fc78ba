/* SPDX-License-Identifier: Apache-2.0 */
/* What setup() has declared, as people see it. */
#include "shm/stat_text.h"

#include <inttypes.h>
#include <string.h>

#define OWN_WIDTH	59

static void
text_numbers(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_own own;
	char name[4 * sizeof(own.name)];
	unsigned i;

	for (i = 0; tf_stat_get_own(st, i, &own); i++) {
		if (i == 0)
			fprintf(f, "\n%-*s %20s\n", OWN_WIDTH, "OWN", "VALUE");
		tf_stat_escape(own.name, name, sizeof(name));
		fprintf(f, "%-*s %20" PRId64 "\n", OWN_WIDTH, name,
		    tf_stat_own_value(st, (int)i, TF_STAT_ALL));
	}
}


#define HISTOGRAM_ROW	"%-*s %-15s %8s %6s %6s %6s\n"
#define HISTOGRAM_WIDTH	34

static struct stat_cell
cell_of(uint64_t value, bool of_times)
{
	return of_times ? stat_cell_time(value) : stat_cell_count(value);
}

/* A bucket's end may lie above the largest that was counted in it. */
static struct stat_cell
cell_quantile(const struct tf_stat_own_values *v, double p, bool of_times)
{
	uint64_t q = tf_stat_times_quantile(&v->counts, p);

	return cell_of(q < v->max ? q : v->max, of_times);
}

static void
text_histogram(FILE *f, const struct tf_stat_own_histogram *own,
    const struct tf_stat_own_values *v)
{
	char name[4 * sizeof(own->name)], unit[4 * sizeof(own->unit)];
	uint64_t n = tf_stat_times_below(&v->counts, UINT64_MAX);
	bool of_times = strcmp(own->unit, "ns") == 0;
	char *shown = name;

	tf_stat_escape(own->name, name, sizeof(name));
	tf_stat_escape(own->unit, unit, sizeof(unit));
	if (strlen(name) > HISTOGRAM_WIDTH) {
		shown += strlen(name) - HISTOGRAM_WIDTH;
		*shown = '~';
	}
	fprintf(f, HISTOGRAM_ROW, HISTOGRAM_WIDTH, shown,
	    of_times ? "time" : unit, stat_cell_count(n).s,
	    n == 0 ? "-" : cell_quantile(v, 0.5, of_times).s,
	    n == 0 ? "-" : cell_quantile(v, 0.99, of_times).s,
	    n == 0 ? "-" : cell_of(v->max, of_times).s);
}

static void
text_histograms(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_own_histogram own;
	struct tf_stat_own_values v;

	for (unsigned i = 0; tf_stat_get_own_histogram(st, i, &own); i++) {
		if (i == 0)
			fprintf(f, "\n" HISTOGRAM_ROW, HISTOGRAM_WIDTH,
			    "HISTOGRAM", "OF", "COUNT", "P50", "P99", "MAX");
		tf_stat_get_own_values(st, (int)i, TF_STAT_ALL, &v);
		text_histogram(f, &own, &v);
	}
}

void
stat_text_own(const struct tf_stat *st, FILE *f)
{
	text_numbers(st, f);
	text_histograms(st, f);
}
