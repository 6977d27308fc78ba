/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TestServer.  The suite stops a server with a HUP to its whole process group,
 * which here means to reload; so the server runs in a group of its own, and
 * what stands before it makes a TERM of the HUP.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handlers.h"
#include "suite.h"

/* Whatever the command line says: one port speaks every dialect. */
static int
setup(struct tf_server *srv)
{
	if (thrift_test_thrift_test_serve(srv, &thrift_test_handler) == -1 ||
	    thrift_test_thrift_test_serve_as(srv, "ThriftTest",
	    &thrift_test_handler) == -1)
		return -1;
	return thrift_test_second_service_serve_as(srv, "SecondService",
	    &second_service_handler);
}

/* Where TLS is asked for, nothing else is served. */
static int
listen_on(struct tf_server *srv, const struct suite *s)
{
	char addr[256], text[272];

	suite_address(s, addr, sizeof(addr));
	snprintf(text, sizeof(text), "%s,tls=on", addr);
	if (!s->tls)
		return tf_server_listen(srv, addr);
	if (tf_server_set(srv, "tls-certificate",
	    SUITE_KEY("server.crt")) == -1 ||
	    tf_server_set(srv, "tls-key", SUITE_KEY("server.key")) == -1)
		return -1;
	return tf_server_listen(srv, text);
}

static int
serve(const struct suite *s)
{
	struct tf_server *srv;
	char name[32];
	int rc = 0;

	snprintf(name, sizeof(name), "crosstest-%d", (int)getpid());
	if ((srv = tf_server_new()) == NULL)
		errx(1, "out of memory");
	tf_server_setup(srv, setup);
	if (tf_server_set(srv, "name", name) == -1 ||
	    tf_server_set(srv, "workers", s->workers) == -1 ||
	    tf_server_set(srv, "stop-timeout", "1s") == -1 ||
	    listen_on(srv, s) == -1 || tf_server_run(srv) == -1) {
		warnx("%s", tf_server_error(srv));
		rc = 1;
	}
	tf_server_free(srv);
	return rc;
}

/* Until the server has ended; its exit status. */
static int
stand_before(pid_t server, const sigset_t *signals)
{
	int number, status;

	for (;;) {
		if (sigwait(signals, &number) != 0)
			err(1, "sigwait");
		if (number != SIGCHLD)
			kill(server, SIGTERM);
		else if (waitpid(server, &status, WNOHANG) == server)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
}

int
main(int argc, char **argv)
{
	sigset_t signals, old;
	pid_t self = getpid(), server;
	struct suite s;

	if (suite_parse(&s, argc, argv) == -1)
		return 1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &old);
	if ((server = fork()) == -1)
		err(1, "fork");
	if (server != 0)
		return stand_before(server, &signals);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != self)
		return 1;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return serve(&s);
}
