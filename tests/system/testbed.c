/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of testbed.thrift. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "testbed.tf.h"
#include "testbed_scribble.h"

static char mood[64];

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

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static int
spin(struct tf_call *call, int32_t ms)
{
	int64_t end = now_ms() + ms;

	(void)call;
	while (now_ms() < end)
		;
	return 0;
}

static int
doze(struct tf_call *call, int32_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)call;
	/* A slow handler is what is asked for; no test waits by it. */
	while (nanosleep(&t, &t) == -1)
		;
	return 0;
}

static int
grow(struct tf_call *call, int32_t bytes)
{
	static char *kept;		/* nobody frees it */
	char *more;

	if (bytes < 0 || (more = realloc(kept, (size_t)bytes)) == NULL)
		return tf_fail(call, "%d bytes: no memory", bytes);
	kept = more;
	memset(kept, 1, (size_t)bytes);
	return 0;
}

static int
get_mood(struct tf_call *call, struct tf_str *ret)
{
	if (strcmp(mood, "crash-in-call") == 0)
		abort();
	*ret = tf_strn(call->arena, mood, strlen(mood));
	return 0;
}

static int
subject(struct tf_call *call, struct tf_str *ret)
{
	const char *s = call->peer->tls_subject;

	*ret = s == NULL ? tf_strf(call->arena, "-") :
	    tf_strf(call->arena, "%s", s);
	return 0;
}

static int
get_peer(struct tf_call *call, struct tf_str *ret)
{
	const char *addr = call->peer->addr;

	*ret = tf_strn(call->arena, addr, strlen(addr));
	return 0;
}

/* call->ctx of each thread, in the order of their start. */
static int numbers[256], nnumbers;

static int
get_thread(struct tf_call *call, int32_t *ret)
{
	*ret = call->ctx == NULL ? -1 : *(const int *)call->ctx;
	return 0;
}

/* What is to be said later, and how. */
struct promise {
	struct tf_later	 token;
	bool		 oneway;
	char		*how, *text;
	struct tf_timer	*timer;
};

static atomic_int void_tokens;
static struct tf_loop *loop;		/* of this worker */

static void
answer(const struct promise *p)
{
	const struct tf_str text = { p->text, strlen(p->text) };

	if ((p->oneway ? testbed_testbed_quietly_reply(p->token) :
	    testbed_testbed_later_reply(p->token, text)) == -1)
		void_tokens++;
}

static void
keep_promise(void *arg)
{
	struct promise *p = arg;

	answer(p);
	if (strcmp(p->how, "twice") == 0)
		answer(p);
	tf_timer_free(p->timer);
	free(p->how);
	free(p->text);
	free(p);
}

static void *
promised(void *arg)
{
	struct promise *p = arg;
	char byte;
	int fd;

	if (p->how[0] == '/' && (fd = open(p->how, O_RDONLY)) != -1) {
		while (read(fd, &byte, 1) > 0)
			;
		close(fd);
	}
	keep_promise(p);
	return NULL;
}

static int
by_thread(struct tf_call *call, struct promise *p)
{
	bool early = strcmp(p->how, "early") == 0;
	pthread_t t;

	if (pthread_create(&t, NULL, promised, p) != 0)
		return tf_fail(call, "no thread");
	if (early)
		pthread_join(t, NULL);
	else
		pthread_detach(t);
	return TF_LATER;
}

static int
promise(struct tf_call *call, struct tf_str how, struct tf_str text,
    bool oneway)
{
	struct promise *p = calloc(1, sizeof(*p));

	p->token = tf_later(call);
	p->oneway = oneway;
	p->how = strdup(how.s);
	p->text = strdup(text.s);
	if (strcmp(how.s, "post") == 0)
		tf_post(loop, keep_promise, p);
	else if (strcmp(how.s, "timer") == 0) {
		p->timer = tf_timer_new(loop, keep_promise, p);
		tf_timer_set(p->timer, 1);
	} else if (strcmp(how.s, "never") == 0) {
		free(p->how);
		free(p->text);
		free(p);
	} else
		return by_thread(call, p);
	return TF_LATER;
}

static int
later(struct tf_call *call, struct tf_str how, struct tf_str text,
    struct tf_str *ret)
{
	(void)ret;
	return promise(call, how, text, false);
}

static int
quietly(struct tf_call *call, struct tf_str how)
{
	return promise(call, how, TF_STR(""), true);
}

static int
scribble(struct tf_call *call)
{
	return scribble_over_lane() == 0 ? 0 : tf_fail(call, "no lane");
}

static int
late(struct tf_call *call, int32_t *ret)
{
	(void)call;
	*ret = void_tokens;
	return 0;
}

static const struct testbed_testbed_handler testbed = {
	.echo = echo,
	.pid = get_pid,
	.hold = hold,
	.die = die,
	.fail_silently = fail_silently,
	.spin = spin,
	.doze = doze,
	.nap = doze,
	.grow = grow,
	.mood = get_mood,
	.subject = subject,
	.peer = get_peer,
	.thread = get_thread,
	.later = later,
	.quietly = quietly,
	.scribble = scribble,
	.late = late,
};

/*
 * Arguments of the module: "refuse-setup", "refuse-start", "leave-in-setup",
 * and "wait-in-setup IN OUT": writes its pid to one fifo and waits until
 * somebody has closed the other.  "obey FILE [MODULE]" finds its mood in a
 * file, which may change from one generation to the next, and serves what the
 * other module serves as well.
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

static void
find_mood(const struct tf_server *srv)
{
	char **argv;
	int argc;
	FILE *f;

	tf_server_args(srv, &argc, &argv);
	if ((f = fopen(argv[2], "re")) == NULL)
		return;
	if (fgets(mood, sizeof(mood), f) != NULL)
		mood[strcspn(mood, "\n")] = '\0';
	fclose(f);
}

static bool
in_mood_to(const char *what)
{
	return strcmp(mood, what) == 0;
}

static int
set_up_other(struct tf_server *srv)
{
	const struct tf_module *m;
	char **argv;
	void *so;
	int argc;

	tf_server_args(srv, &argc, &argv);
	if (argc < 4)
		return 0;
	if ((so = dlopen(argv[3], RTLD_NOW | RTLD_LOCAL)) == NULL ||
	    (m = dlsym(so, "thriftfork_module")) == NULL)
		return tf_server_refuse(srv, "%s", dlerror());
	return m->setup(srv);
}

static int
obey(struct tf_server *srv)
{
	find_mood(srv);
	if (in_mood_to("refuse-setup"))
		return tf_server_refuse(srv, "no setup today");
	if (in_mood_to("leave-in-setup"))
		exit(0);
	if (in_mood_to("crash-in-setup"))
		abort();
	return set_up_other(srv);
}

/* A file tells the others. */
static bool
is_first(struct tf_server *srv)
{
	char path[512], **argv;
	int argc, fd;

	tf_server_args(srv, &argc, &argv);
	snprintf(path, sizeof(path), "%s.first", argv[2]);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1)
		close(fd);
	return fd != -1;
}

/* Until somebody has opened a fifo and closed it. */
static void
await_end(struct tf_server *srv)
{
	char path[512], **argv, byte;
	int argc, fd;

	tf_server_args(srv, &argc, &argv);
	snprintf(path, sizeof(path), "%s.fifo", argv[2]);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	while (read(fd, &byte, 1) > 0)
		;
	close(fd);
}

static int
worker_start(struct tf_server *srv, void **ctx)
{
	(void)ctx;
	loop = tf_server_loop(srv);
	if (in_mood_to("refuse-start"))
		return tf_server_refuse(srv, "not in the mood");
	if (in_mood_to("refuse-first") && is_first(srv)) {
		await_end(srv);
		return tf_server_refuse(srv, "the first one never works");
	}
	if (in_mood_to("crash-in-start"))
		abort();
	if (in_mood_to("hang-in-start"))
		fprintf(stderr, "worker hangs\n");
	while (in_mood_to("hang-in-start"))
		pause();
	if (told_to(srv, "refuse-start"))
		return tf_server_refuse(srv, "no database today");
	return 0;
}

/* They start one after the other. */
static int
thread_start(struct tf_server *srv, void **ctx)
{
	if (in_mood_to("refuse-thread") && nnumbers == 2)
		return tf_server_refuse(srv, "no third thread today");
	numbers[nnumbers] = nnumbers;
	*ctx = &numbers[nnumbers++];
	return 0;
}

static void
thread_stop(struct tf_server *srv, void *ctx)
{
	(void)srv;
	fprintf(stderr, "thread %d stops\n", *(const int *)ctx);
}

static int
setup(struct tf_server *srv)
{
	const struct tf_hooks hooks = { .worker_start = worker_start,
	    .thread_start = thread_start, .thread_stop = thread_stop };

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
	if (told_to(srv, "obey") && obey(srv) == -1)
		return -1;
	tf_server_hooks(srv, &hooks);
	return testbed_testbed_serve(srv, &testbed);
}

TF_MODULE(setup);
