/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally-client ADDRS THREADS: threads that call through one pool until standard
 * input ends.  Says "ready" when each thread has had an answer, then a line for
 * each call that failed, "once NUMBER: why", and in the end one for all:
 * calls, failures, retries.  A wrong answer ends it at once.
 */
#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <thriftfork/pool.h>

#include "tally.tf.h"

static struct tf_pool *pool;
static _Atomic int64_t next = 1;
static _Atomic int unready;
static _Atomic bool over;

static void
set(const char *key, const char *value)
{
	if (tf_pool_set(pool, key, value) == -1)
		errx(1, "%s", tf_pool_error(pool));
}

static void
call(int64_t number)
{
	struct tf_client *c = tf_pool_borrow(pool);
	bool twice = number % 2;
	int64_t ret = 0;
	int rc;

	rc = twice ? tally_tally_often(c, number, &ret) :
	    tally_tally_once(c, number, &ret);
	if (rc == -1)
		printf("%s %" PRId64 ": %s\n", twice ? "often" : "once",
		    number, tf_client_error(c));
	else if (ret != number * 7 + 1 + twice)
		errx(1, "wrong answer to %" PRId64 ": %" PRId64, number, ret);
	tf_pool_return(pool, c);
}

static void *
work(void *arg)
{
	bool first = true;

	while (!over) {
		call(next++);
		if (first && --unready == 0)
			puts("ready");
		first = false;
	}
	return arg;
}

int
main(int argc, char **argv)
{
	struct tf_pool_stat stat;
	pthread_t threads[64];
	int n = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;
	char c;

	if (n < 1 || n > 64)
		errx(2, "usage: tally-client ADDRS THREADS");
	setvbuf(stdout, NULL, _IOLBF, 0);
	pool = tf_pool_new(argv[1]);
	set("timeout", "2s");
	set("attempt-timeout", "500ms");
	set("retries", "3");
	unready = n;
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			errx(1, "a thread cannot start");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	over = true;
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	tf_pool_stat(pool, &stat);
	printf("%" PRIu64 " calls, %" PRIu64 " failed, %" PRIu64 " retries, "
	    "%u lent, %" PRIu64 " refused\n", stat.calls, stat.failed,
	    stat.retries, stat.lent, stat.refused);
	tf_pool_free(pool);
	return 0;
}
