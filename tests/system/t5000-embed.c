/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host program with a life of its own runs servers, one after the other, and
 * gets everything back: signal mask, dispositions, children, descriptors.
 * Prints TAP.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hello.tf.h"

static int cases;
static char path[64];			/* of the unix socket */
static struct tf_server *running;
static int serving[2];			/* a byte for each worker */
static bool fds_as_before;

static void
ok(bool good, const char *what)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++cases, what);
	fflush(stdout);
}

/* Ends the server from inside: a handler in a worker. */
static int
greet(struct tf_call *call, struct tf_str name, struct tf_str *ret)
{
	*ret = tf_strf(call->arena, "%s %ld", name.s, (long)getpid());
	if (strcmp(name.s, "stop") == 0)
		tf_server_stop(running);
	return 0;
}

static const struct hello_greeter_handler greeter = { .greet = greet };

/* The socket listens by now: whoever connects will be served. */
static int
tell(struct tf_server *srv, void **ctx)
{
	(void)ctx;
	if (write(serving[1], "x", 1) != 1)
		return tf_server_refuse(srv, "nobody waits");
	return 0;
}

static const struct tf_hooks hooks = { .worker_start = tell };

static int
setup(struct tf_server *srv)
{
	tf_server_hooks(srv, &hooks);
	return hello_greeter_serve(srv, &greeter);
}

static struct tf_server *
make_server(const char *workers)
{
	struct tf_server *srv = tf_server_new();
	char addr[80];

	snprintf(addr, sizeof(addr), "unix:%s", path);
	tf_server_setup(srv, setup);
	if (tf_server_set(srv, "workers", workers) == -1 ||
	    tf_server_set(srv, "name", path + 5) == -1 ||
	    tf_server_listen(srv, addr) == -1)
		printf("# %s\n", tf_server_error(srv));
	running = srv;
	if (pipe(serving) == -1)
		abort();
	return srv;
}

static unsigned
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Whoever still waits for it afterwards waits in vain. */
static int
run_server(struct tf_server *srv)
{
	unsigned fds = count_fds();
	int rc = tf_server_run(srv);

	fds_as_before = count_fds() == fds;
	if (rc == -1)
		printf("# %s\n", tf_server_error(srv));
	close(serving[1]);
	return rc;
}

static void
free_server(struct tf_server *srv)
{
	tf_server_free(srv);
	close(serving[0]);
}

static bool
say(const char *name)
{
	struct tf_client *c;
	struct tf_str reply;
	char addr[80];
	bool good;

	snprintf(addr, sizeof(addr), "unix:%s", path);
	c = tf_client_new(addr);
	good = hello_greeter_greet(c, (struct tf_str){ name, strlen(name) },
	    &reply) == 0;
	if (!good)
		printf("# %s\n", tf_client_error(c));
	tf_client_free(c);
	return good;
}

/* Until a worker serves; false if none ever will. */
static bool
await_worker(void)
{
	char c;

	return read(serving[0], &c, 1) == 1;
}

/* A child of the host that asks the server to stop, as any client might. */
static pid_t
fork_client(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(serving[1]);
		_exit(await_worker() && say("hello") && say("stop") ? 0 : 1);
	}
	return pid;
}

static volatile sig_atomic_t hups;

static void
on_hup(int sig)
{
	(void)sig;
	hups++;
}

static void
test_round(const char *workers, const char *what)
{
	struct tf_server *srv = make_server(workers);
	struct sigaction sa;
	sigset_t mask;
	int status = -1, rc;
	char text[128];
	pid_t pid;

	pid = fork_client();
	rc = run_server(srv);
	snprintf(text, sizeof(text), "%s: served, stopped by a handler", what);
	ok(rc == 0, text);
	snprintf(text, sizeof(text), "%s: the host's child is still its", what);
	ok(waitpid(pid, &status, 0) == pid && status == 0, text);
	snprintf(text, sizeof(text), "%s: no children are left", what);
	ok(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, text);
	snprintf(text, sizeof(text), "%s: descriptors as before", what);
	ok(fds_as_before, text);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	snprintf(text, sizeof(text), "%s: signal mask as before", what);
	ok(sigismember(&mask, SIGUSR2) == 1 && sigismember(&mask, SIGTERM) == 0,
	    text);
	sigaction(SIGHUP, NULL, &sa);
	snprintf(text, sizeof(text), "%s: dispositions as before", what);
	ok(sa.sa_handler == on_hup, text);
	sigaction(SIGPIPE, NULL, &sa);
	ok(sa.sa_handler == SIG_DFL, text);
	free_server(srv);
}

static void *
stop_soon(void *arg)
{
	bool *said = arg;

	*said = await_worker() && say("from a thread");
	tf_server_stop(running);
	return NULL;
}

static int
run_with_thread(struct tf_server *srv, bool *said)
{
	pthread_t thread;
	int rc;

	pthread_create(&thread, NULL, stop_soon, said);
	rc = run_server(srv);
	pthread_join(thread, NULL);
	free_server(srv);
	return rc;
}

static void
test_stop_from_thread(void)
{
	bool said = false;

	ok(run_with_thread(make_server("0"), &said) == 0,
	    "in-process: stopped from a thread");
	ok(said, "in-process: served with threads around");
}

static void
test_stop_before(void)
{
	struct tf_server *srv = make_server("0");
	bool said = false;

	tf_server_stop(srv);
	ok(run_with_thread(srv, &said) == 0 && said,
	    "stopping what does not run does nothing");
}

static void *
linger(void *arg)
{
	char c;

	/* Until the other end is closed. */
	while (read(*(int *)arg, &c, 1) > 0)
		;
	return NULL;
}

static void
test_threads_are_refused(void)
{
	struct tf_server *srv = make_server("1");
	pthread_t thread;
	int ends[2], rc;

	if (pipe(ends) == -1)
		abort();
	pthread_create(&thread, NULL, linger, &ends[0]);
	rc = run_server(srv);
	ok(rc == -1 && strstr(tf_server_error(srv), "threads") != NULL,
	    "forking with threads is refused, and says why");
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
	ok(access(path, F_OK) == -1, "nothing was left behind");
	free_server(srv);
}

static void
test_errors(void)
{
	struct tf_server *srv = tf_server_new();

	ok(tf_server_run(srv) == -1 &&
	    strstr(tf_server_error(srv), "nothing to serve") != NULL,
	    "nothing to serve");
	ok(tf_server_set(srv, "frame-timeout", "soon") == -1 &&
	    strstr(tf_server_error(srv), "frame-timeout: 'soon'") != NULL,
	    "a bad value names its key");
	tf_server_free(srv);
	tf_server_free(NULL);
}

int
main(void)
{
	struct sigaction sa = { .sa_handler = on_hup };
	sigset_t mask;

	alarm(60);			/* the end of whatever hangs */
	snprintf(path, sizeof(path), "/tmp/tf-embed-%ld", (long)getpid());
	sigaction(SIGHUP, &sa, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, NULL);

	test_round("2", "first server");
	test_round("1", "second server");
	test_round("0", "in-process server");
	test_stop_from_thread();
	test_stop_before();
	test_threads_are_refused();
	test_errors();
	printf("1..%d\n", cases);
	return 0;
}
