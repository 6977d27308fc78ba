/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See expose.h.  A segment's texts may hold any byte, and the form has no way
 * to write one that is no UTF-8, so what is no printable ASCII is written as
 * tf_stat_escape() does; and a name has what a name may have.
 */
#include "expose.h"

#include <inttypes.h>
#include <string.h>

#define NS_PER_S	UINT64_C(1000000000)
#define TEXT_BYTES	512	/* of a text, escaped once */

/*
 * Bounds of buckets are powers of two, where the library's own counts have
 * steps, so that they are exact: 2^10 ns is 1.024 us, 2^35 ns 34.4 s.
 */
#define FIRST_BOUND	10
#define LAST_BOUND	35
/* Of what is no time the first is 1. */

static bool
may_stand(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static void
add_name(char name[EXPOSE_NAME], const char *more)
{
	size_t n = strlen(name);

	for (; *more != '\0' && n + 1 < EXPOSE_NAME; more++)
		name[n++] = may_stand(*more) ? *more : '_';
	name[n] = '\0';
}

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

void
expose_name(char name[EXPOSE_NAME], const char *prefix,
    const struct tf_stat_counter *c)
{
	const char *given = c->name, *unit = "";

	if (strcmp(c->unit, "bytes") == 0)
		unit = "_bytes";
	else if (strcmp(c->unit, "ns") == 0)
		unit = "_seconds";
	if (strcmp(c->unit, "bytes") == 0 && strncmp(given, "bytes_", 6) == 0)
		given += 6;
	name[0] = '\0';
	add_name(name, prefix);
	add_name(name, given);
	if (!ends_with(name, unit))
		add_name(name, unit);
	if (c->kind == TF_STAT_COUNTER && !ends_with(name, "_total"))
		add_name(name, "_total");
}

/* Backslashes, and quotes where they end something. */
static void
put_escaped(FILE *f, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (strchr(special, *text) != NULL)
			fputc('\\', f);
		fputc(*text, f);
	}
}

void
expose_head(FILE *f, const char *name, const char *type, const char *help)
{
	char plain[TEXT_BYTES];

	tf_stat_escape(help, plain, sizeof(plain));
	fprintf(f, "# HELP %s ", name);
	put_escaped(f, *plain != '\0' ? plain : name, "\\");
	fprintf(f, "\n# TYPE %s %s\n", name, type);
}

void
expose_label(char labels[EXPOSE_LABELS], const char *label, const char *text)
{
	size_t n = strlen(labels);
	char plain[TEXT_BYTES];
	const char *p;

	tf_stat_escape(text, plain, sizeof(plain));
	if (n + strlen(label) + 2 * strlen(plain) + sizeof(",=\"\"") >
	    EXPOSE_LABELS)
		return;
	n += (size_t)snprintf(labels + n, EXPOSE_LABELS - n, "%s%s=\"",
	    n > 0 ? "," : "", label);
	for (p = plain; *p != '\0'; p++) {
		if (*p == '\\' || *p == '"')
			labels[n++] = '\\';
		labels[n++] = *p;
	}
	labels[n++] = '"';
	labels[n] = '\0';
}

void
expose_sample(FILE *f, const char *name, const char *labels)
{
	if (*labels == '\0')
		fprintf(f, "%s ", name);
	else
		fprintf(f, "%s{%s} ", name, labels);
}

void
expose_uint(FILE *f, const char *name, const char *labels, uint64_t n)
{
	expose_sample(f, name, labels);
	fprintf(f, "%" PRIu64 "\n", n);
}

void
expose_int(FILE *f, const char *name, const char *labels, int64_t n)
{
	expose_sample(f, name, labels);
	fprintf(f, "%" PRId64 "\n", n);
}

/* All nine digits, but for zeroes at the end. */
static void
seconds_text(char *text, size_t size, uint64_t ns)
{
	size_t n = (size_t)snprintf(text, size, "%" PRIu64 ".%09" PRIu64,
	    ns / NS_PER_S, ns % NS_PER_S);

	while (text[n - 1] == '0')
		text[--n] = '\0';
	if (text[n - 1] == '.')
		text[n - 1] = '\0';
}

void
expose_seconds(FILE *f, const char *name, const char *labels, uint64_t ns)
{
	char text[32];

	seconds_text(text, sizeof(text), ns);
	expose_sample(f, name, labels);
	fprintf(f, "%s\n", text);
}

static void
put_bucket(FILE *f, const char *name, const char *labels, const char *bound,
    uint64_t n)
{
	fprintf(f, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels,
	    *labels != '\0' ? "," : "", bound, n);
}

void
expose_histogram(FILE *f, const char *name, const char *labels, bool of_times,
    const struct tf_stat_times *counts, uint64_t sum)
{
	uint64_t all = tf_stat_times_below(counts, UINT64_MAX);
	char text[EXPOSE_NAME + 8];
	unsigned bit;

	/*
	 * A bound is counted with what is below it, and we know what is below a
	 * power of two.  Of whole numbers that is what 1 less bounds.
	 */
	for (bit = of_times ? FIRST_BOUND : 0; bit <= LAST_BOUND; bit++) {
		uint64_t bound = UINT64_C(1) << bit;

		if (of_times)
			seconds_text(text, sizeof(text), bound);
		else
			snprintf(text, sizeof(text), "%" PRIu64, bound - 1);
		put_bucket(f, name, labels, text,
		    tf_stat_times_below(counts, bound));
	}
	put_bucket(f, name, labels, "+Inf", all);
	snprintf(text, sizeof(text), "%s_sum", name);
	if (of_times)
		expose_seconds(f, text, labels, sum);
	else
		expose_uint(f, text, labels, sum);
	snprintf(text, sizeof(text), "%s_count", name);
	expose_uint(f, text, labels, all);
}
