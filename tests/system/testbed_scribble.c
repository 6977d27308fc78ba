/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See testbed_scribble.h.  The lane is the largest piece of shared memory that
 * the process can write; the locks are the other one, and are let alone.
 */
#include "testbed_scribble.h"

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static volatile uint64_t *lane;
static size_t words;
static sem_t once;

static void
find_lane(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned long from, to;
	char line[512], rights[8];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 ||
		    strcmp(rights, "rw-s") != 0 ||
		    strstr(line, "/memfd:") == NULL ||
		    (to - from) / sizeof(*lane) <= words)
			continue;
		lane = (volatile uint64_t *)from;
		words = (to - from) / sizeof(*lane);
	}
	if (f != NULL)
		fclose(f);
}

static void *
scribble(void *arg)
{
	uint64_t x = 88172645463325252;

	for (unsigned round = 0; ; round++) {
		for (size_t i = 0; i < words; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			lane[i] = round % 2 == 0 ? x : UINT64_MAX;
		}
		if (round == 1)
			sem_post(&once);
	}
	return arg;
}

int
scribble_over_lane(void)
{
	pthread_t t;

	find_lane();
	if (lane == NULL || sem_init(&once, 0, 0) == -1 ||
	    pthread_create(&t, NULL, scribble, NULL) != 0)
		return -1;
	pthread_detach(t);
	while (sem_wait(&once) == -1)
		;
	return 0;
}
