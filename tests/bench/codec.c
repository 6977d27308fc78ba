/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures decoding and encoding against Apache's C++ on the same bytes in the
 * same process.  The sides take turns within every round, on one processor,
 * and the medians of the rounds are compared, so that whatever else the
 * machine does meets both.
 *
 *	codec [ROUNDS]
 *	codec -n TIMES PROTOCOL ROW SIDE decode|encode	for callgrind
 *
 * Exit status 1 if a side gets a value wrong.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec.h"

#define ROUNDS		41
#define ROUND_NS	2e6	/* that each half of a round takes about */
#define MAX_ROUNDS	1001

static const struct codec_side *const sides[] = { &codec_ours, &codec_apache };
static const char *const protos[] = { "compact", "binary" };

static double ns[2][2][MAX_ROUNDS];	/* side; decode, encode */

static double
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

/* How often the slower side does it in ROUND_NS; both have done it after. */
static int
times_of(const struct codec_row *row, enum codec_proto proto,
    const void *bytes, size_t len)
{
	double start;

	codec_ours.decode(row->type, proto, bytes, len, 10);
	codec_apache.decode(row->type, proto, bytes, len, 10);
	start = now_ns();
	codec_apache.decode(row->type, proto, bytes, len, 10);
	return 1 + (int)(ROUND_NS / ((now_ns() - start) / 10));
}

/*
 * The bytes, each round elsewhere within a page: which lines of the first cache
 * input and output share is luck, and makes a quarter of the time.
 */
static const void *
placed(const void *bytes, size_t len, int round)
{
	static unsigned char page[1 << 17];
	unsigned char *p = page + (size_t)round * 448 % 4096;

	if (len > sizeof(page) - 4096) {
		fprintf(stderr, "codec: %zu bytes are too many\n", len);
		exit(1);
	}
	return memcpy(p, bytes, len);
}

/* Both have written the same. */
static int
agree(const struct codec_row *row, enum codec_proto proto)
{
	size_t len, theirs_len;
	const void *p = codec_ours.encode(row->type, proto, 1, &len);
	const void *theirs = codec_apache.encode(row->type, proto, 1,
	    &theirs_len);

	return len == theirs_len && memcmp(p, theirs, len) == 0;
}

static void
show(const struct codec_row *row, enum codec_proto proto, size_t len,
    int rounds)
{
	double d[2], e[2];

	for (int s = 0; s < 2; s++) {
		d[s] = median(ns[s][0], rounds);
		e[s] = median(ns[s][1], rounds);
	}
	printf("%-8s %-31s %6zu %9.0f %9.0f %6.2f %9.0f %9.0f %6.2f\n",
	    protos[proto], row->name, len, d[0], d[1], d[1] / d[0], e[0],
	    e[1], e[1] / e[0]);
	fflush(stdout);
}

static int
measure(const struct codec_row *row, enum codec_proto proto, int rounds)
{
	size_t len, out;
	const void *bytes = row->bytes(proto, &len), *in;
	int times;
	double start, middle;

	if (bytes == NULL)
		return 0;
	times = times_of(row, proto, bytes, len);
	for (int i = 0; i < rounds; i++)
		for (int s = 0; s < 2; s++) {
			in = placed(bytes, len, i);
			start = now_ns();
			sides[s]->decode(row->type, proto, in, len, times);
			middle = now_ns();
			sides[s]->encode(row->type, proto, times, &out);
			ns[s][0][i] = (middle - start) / times;
			ns[s][1][i] = (now_ns() - middle) / times;
		}
	if (!agree(row, proto)) {
		fprintf(stderr, "%s, %s: the sides differ\n", protos[proto],
		    row->name);
		return 1;
	}
	show(row, proto, len, rounds);
	return 0;
}

/* The function that callgrind counts in. */
void codec_counted(const struct codec_side *, const struct codec_row *,
    enum codec_proto, const void *bytes, size_t len, int times);

void __attribute__((noinline))
codec_counted(const struct codec_side *side, const struct codec_row *row,
    enum codec_proto proto, const void *bytes, size_t len, int times)
{
	size_t out;

	if (bytes != NULL)
		side->decode(row->type, proto, bytes, len, times);
	else
		side->encode(row->type, proto, times, &out);
}

/* TIMES PROTOCOL ROW SIDE decode|encode: 1 if there is no such row here. */
static int
counted(char **argv)
{
	int times = (int)strtol(argv[0], NULL, 10);
	enum codec_proto proto = strcmp(argv[1], protos[CODEC_BINARY]) == 0 ?
	    CODEC_BINARY : CODEC_COMPACT;
	const struct codec_row *row = codec_rows;
	const struct codec_side *side =
	    sides[strcmp(argv[3], "thriftfork") != 0];
	const void *bytes;
	size_t len, out;

	while (row->name != NULL && strcmp(row->name, argv[2]) != 0)
		row++;
	if (row->name == NULL || (bytes = row->bytes(proto, &len)) == NULL)
		return 1;
	side->decode(row->type, proto, bytes, len, 10);
	side->encode(row->type, proto, 10, &out);
	codec_counted(side, row, proto,
	    strcmp(argv[4], "decode") == 0 ? bytes : NULL, len, times);
	return 0;
}

static void
pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set) == -1)
		perror("sched_setaffinity");
}

int
main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : ROUNDS;
	int failed = 0;

	if (argc == 7 && strcmp(argv[1], "-n") == 0)
		return counted(argv + 2);
	if (argc > 2 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: codec [ROUNDS]\n");
		return 2;
	}
	pin();
	printf("%-8s %-31s %6s %9s %9s %6s %9s %9s %6s\n", "protocol",
	    "nanoseconds", "bytes", "decode", "Apache", "ratio", "encode",
	    "Apache", "ratio");
	for (int proto = CODEC_COMPACT; proto <= CODEC_BINARY; proto++)
		for (const struct codec_row *row = codec_rows;
		    row->name != NULL; row++)
			failed |= measure(row, proto, rounds);
	return failed;
}
