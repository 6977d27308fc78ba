/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers of tally.thrift.  The argument is the file that is written to;
 * while there is a file of that name with ".slow" behind it, each call takes
 * 300 ms.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tally.tf.h"

static int file = -1;
static char slow[256];

static int
write_down(struct tf_call *call, const char *how, int64_t number)
{
	struct timespec ts = { .tv_nsec = 300000000 };
	char line[64];
	int n = snprintf(line, sizeof(line), "%s %lld\n", how,
	    (long long)number);

	if (write(file, line, (size_t)n) != n)
		return tf_fail(call, "cannot write it down");
	if (access(slow, F_OK) == 0)
		nanosleep(&ts, NULL);
	return 0;
}

static int
once(struct tf_call *call, int64_t number, int64_t *ret)
{
	*ret = number * 7 + 1;
	return write_down(call, "once", number);
}

static int
often(struct tf_call *call, int64_t number, int64_t *ret)
{
	*ret = number * 7 + 2;
	return write_down(call, "often", number);
}

static const struct tally_tally_handler handler = {
	.once = once, .often = often
};

static int
start(struct tf_server *srv, void **ctx)
{
	char **argv;
	int argc;

	(void)ctx;
	tf_server_args(srv, &argc, &argv);
	if (argc != 2)
		return tf_server_refuse(srv, "usage: tally FILE");
	snprintf(slow, sizeof(slow), "%s.slow", argv[1]);
	file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return file == -1 ? tf_server_refuse(srv, "%s: cannot be opened",
	    argv[1]) : 0;
}

static int
setup(struct tf_server *srv)
{
	tf_server_hooks(srv, &(struct tf_hooks){ .worker_start = start });
	return tally_tally_serve(srv, &handler);
}
TF_MODULE(setup);
