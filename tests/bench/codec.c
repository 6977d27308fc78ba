/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures decoding and encoding against Apache's C++ on the same bytes in the
 * same process.  The sides take turns within every round, on one processor,
 * and the medians of the rounds are compared, so that whatever else the
 * machine does meets both.
 *
 *	codec [ROUNDS]
 *
 * Exit status 1 if a side gets the value wrong.
 */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec.h"

#define ROUNDS		41
#define ROUND_TIMES	100
#define MAX_ROUNDS	1001

struct times {
	double decode[MAX_ROUNDS], encode[MAX_ROUNDS];
};

static struct times ours, theirs;

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
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

/* One round of one side; what it computed goes to *sum and *size. */
static void
round_of(const struct codec_side *side, enum codec_proto proto,
    const void *bytes, size_t len, double *decode_us, double *encode_us,
    uint64_t *sum, size_t *size)
{
	double start = now_us(), middle;

	*sum = side->decode(proto, bytes, len, ROUND_TIMES);
	middle = now_us();
	*size = side->encode(proto, ROUND_TIMES);
	*decode_us = (middle - start) / ROUND_TIMES;
	*encode_us = (now_us() - middle) / ROUND_TIMES;
}

static int
measure(enum codec_proto proto, const char *name, int rounds)
{
	size_t len, size[2];
	const void *bytes = codec_bytes(proto, &len);
	uint64_t sum[2];
	double d[2], e[2];

	for (int i = 0; i < rounds; i++) {
		round_of(&codec_ours, proto, bytes, len, &ours.decode[i],
		    &ours.encode[i], &sum[0], &size[0]);
		round_of(&codec_apache, proto, bytes, len, &theirs.decode[i],
		    &theirs.encode[i], &sum[1], &size[1]);
		if (sum[0] != sum[1] || size[0] != len || size[1] != len) {
			fprintf(stderr, "%s: the sides differ\n", name);
			return 1;
		}
	}
	d[0] = median(ours.decode, rounds);
	d[1] = median(theirs.decode, rounds);
	e[0] = median(ours.encode, rounds);
	e[1] = median(theirs.encode, rounds);
	printf("%-8s %6zu bytes  decode %6.2f us, %s %6.2f us, ratio %5.2f"
	    "   encode %6.2f us, %s %6.2f us, ratio %5.2f\n", name, len,
	    d[0], codec_apache.name, d[1], d[1] / d[0],
	    e[0], codec_apache.name, e[1], e[1] / e[0]);
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

	if (rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: codec [ROUNDS]\n");
		return 2;
	}
	pin();
	return measure(CODEC_COMPACT, "compact", rounds) |
	    measure(CODEC_BINARY, "binary", rounds);
}
