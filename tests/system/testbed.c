/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of testbed.thrift. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "testbed.tf.h"

static int
echo(struct tf_call *call, struct tf_str text, struct tf_str *ret)
{
	(void)call;
	*ret = text;
	return 0;
}

static int
get_pid(struct tf_call *call, int32_t *ret)
{
	(void)call;
	*ret = getpid();
	return 0;
}

static int
hold(struct tf_call *call, struct tf_str fifo, struct tf_str *ret)
{
	char text[256];
	size_t len = 0;
	ssize_t n;
	int fd;

	if ((fd = open(fifo.s, O_RDONLY | O_CLOEXEC)) == -1)
		return tf_fail(call, "%s: %s", fifo.s, strerror(errno));
	while (len < sizeof(text) &&
	    (n = read(fd, text + len, sizeof(text) - len)) != 0)
		if (n > 0)
			len += (size_t)n;
	close(fd);
	*ret = tf_strn(call->arena, text, len);
	return 0;
}

static int
die(struct tf_call *call, int32_t sig)
{
	(void)call;
	signal(sig, SIG_DFL);
	raise(sig);
	return 0;
}

static int
fail_silently(struct tf_call *call)
{
	(void)call;
	return -1;
}

static const struct testbed_testbed_handler testbed = {
	.echo = echo,
	.pid = get_pid,
	.hold = hold,
	.die = die,
	.fail_silently = fail_silently,
};

/*
 * Arguments of the module: "refuse-setup", "refuse-start", "leave-in-setup",
 * and "wait-in-setup IN OUT": writes its pid to one fifo and waits until
 * somebody has closed the other.
 */
static bool
told_to(const struct tf_server *srv, const char *what)
{
	char **argv;
	int argc;

	tf_server_args(srv, &argc, &argv);
	return argc > 1 && strcmp(argv[1], what) == 0;
}

static void
wait_in_setup(const struct tf_server *srv)
{
	char **argv, byte;
	int argc, fd;

	tf_server_args(srv, &argc, &argv);
	if ((fd = open(argv[3], O_WRONLY)) == -1)
		return;
	dprintf(fd, "%ld", (long)getpid());
	close(fd);
	if ((fd = open(argv[2], O_RDONLY)) == -1)
		return;
	while (read(fd, &byte, 1) > 0)
		;
	close(fd);
}

static int
worker_start(struct tf_server *srv, void **ctx)
{
	(void)ctx;
	if (told_to(srv, "refuse-start"))
		return tf_server_refuse(srv, "no database today");
	return 0;
}

static int
setup(struct tf_server *srv)
{
	const struct tf_hooks hooks = { .worker_start = worker_start };

	int death = 0;

	if (told_to(srv, "refuse-setup")) {
		prctl(PR_GET_PDEATHSIG, &death);
		return tf_server_refuse(srv, "setup as uid %ld gid %ld, death "
		    "signal %d", (long)getuid(), (long)getgid(), death);
	}
	if (told_to(srv, "leave-in-setup"))
		exit(0);
	if (told_to(srv, "wait-in-setup"))
		wait_in_setup(srv);
	tf_server_hooks(srv, &hooks);
	return testbed_testbed_serve(srv, &testbed);
}

TF_MODULE(setup);
