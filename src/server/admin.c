/* SPDX-License-Identifier: Apache-2.0 */
/* See admin.h. */
#include "server/admin.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/run.h"
#include "server/succeed.h"
#include "shm/segment.h"

#define PROGRAM		"thriftfork-admin"
#define FIRST		3		/* of its descriptors: the segment */
#define ADDRS		8		/* that a name may stand for */

/* In the len bytes that are a directory. */
static bool
is_in(const char *dir, size_t len, char *path, size_t size)
{
	int n = snprintf(path, size, "%.*s/%s", (int)len, dir, PROGRAM);

	return n > 0 && (size_t)n < size && access(path, X_OK) == 0;
}

/* Where verbs are looked for, too: beside the program, then in PATH. */
static int
find_program(struct run *run)
{
	const char *self = run->program.path, *p = getenv("PATH");
	struct admin *a = &run->admin;
	const char *slash = self != NULL ? strrchr(self, '/') : NULL;

	if (slash != NULL && is_in(self, (size_t)(slash - self), a->program,
	    sizeof(a->program)))
		return 0;
	while (p != NULL && *p != '\0') {
		size_t len = strcspn(p, ":");

		if (*p == '/' && is_in(p, len, a->program,
		    sizeof(a->program)))
			return 0;
		p += len + (p[len] == ':');
	}
	a->program[0] = '\0';
	return tf_server_refuse(run->srv, "admin: there is no " PROGRAM
	    ", neither beside this program nor in PATH");
}

static int
open_socket(struct run *run, const char *key, const struct addr *at)
{
	struct admin *a = &run->admin;
	struct listener *l = &a->listeners[a->nlisteners];
	char why[256];
	int inherited;

	if (a->nlisteners == ADMIN_MAX)
		return tf_server_refuse(run->srv, "%s: more than %d "
		    "addresses to listen on", key, ADMIN_MAX);
	if ((inherited = succeed_listener(run, l, 1, at)) == -1)
		return -1;
	if (inherited == 0 && listener_open(l, at, 1, why, sizeof(why)) == -1)
		return tf_server_refuse(run->srv, "%s %s", key, why);
	a->nlisteners++;
	log_info("%s at %s%s", key, l->text, inherited == 1 ?
	    ", as the old master" : "");
	return 0;
}

static int
each_address(struct run *run, const char *key, const struct addresses *s,
    bool open)
{
	struct addr addrs[ADDRS];
	char why[256];
	int n;

	for (unsigned i = 0; i < s->n; i++) {
		n = addr_parse(s->at[i], addrs, ADDRS, why, sizeof(why));
		if (n == -1)
			return tf_server_refuse(run->srv, "%s %s: %s", key,
			    s->at[i], why);
		for (int j = 0; open && j < n; j++)
			if (open_socket(run, key, &addrs[j]) == -1)
				return -1;
	}
	return 0;
}

static int
prepare(struct run *run, bool open)
{
	const struct settings *s = &run->srv->settings;

	if (s->admin.n + s->admin_agent.n == 0)
		return 0;
	if (find_program(run) == -1 ||
	    each_address(run, "admin", &s->admin, open) == -1)
		return -1;
	run->admin.nhttp = run->admin.nlisteners;
	return each_address(run, "admin-agent", &s->admin_agent, open);
}

int
admin_open(struct run *run)
{
	return prepare(run, true);
}

int
admin_check(struct run *run)
{
	return prepare(run, false);
}

void
admin_close(struct run *run)
{
	struct admin *a = &run->admin;

	while (a->nlisteners > 0)
		listener_close(&a->listeners[--a->nlisteners]);
}

void
admin_abandon(struct run *run)
{
	struct admin *a = &run->admin;

	for (unsigned i = 0; i < a->nlisteners; i++)
		fd_close(&a->listeners[i].fds[0]);
}

/* Descriptors in a row, and the arguments that tell which is which. */
static int
line_up(const struct run *run, char **argv)
{
	static char numbers[ADMIN_MAX + 1][12];
	const struct admin *a = &run->admin;
	int fds[ADMIN_MAX + 1], n = 0;

	fds[n++] = segment_fd(run->srv->segment);
	for (unsigned i = 0; i < a->nlisteners; i++)
		fds[n++] = a->listeners[i].fds[0];
	*argv++ = (char *)(uintptr_t)PROGRAM;
	*argv++ = (char *)(uintptr_t)"-n";	/* for who looks */
	*argv++ = run->srv->settings.name;
	for (int i = 0; i < n; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%d", FIRST + i);
		*argv++ = (char *)(uintptr_t)(i == 0 ? "--segment-fd" :
		    i <= (int)a->nhttp ? "--http-fd" : "--agent-fd");
		*argv++ = numbers[i];
	}
	*argv = NULL;
	if (fd_line_up(fds, (unsigned)n, FIRST) == -1)
		return -1;
	closefrom(FIRST + n);
	return 0;
}

/* Nothing is to be read from it, and it prints nothing. */
static int
quiet_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd == -1 || dup2(fd, STDIN_FILENO) == -1 ||
	    dup2(fd, STDOUT_FILENO) == -1)
		return -1;
	return 0;
}

void
admin_execute(void *arg)
{
	struct run *run = arg;
	struct privilege p = run->privilege;
	char *argv[2 * (ADMIN_MAX + 1) + 4], why[256];

	/* What is the workers' for the sake of what they serve. */
	p.affinity = false;
	p.nofile = p.core = PRIVILEGE_KEEP;
	p.no_new_privs = true;
	if (privilege_drop(&p, run->master, 0, why, sizeof(why)) == -1) {
		log_errorx("%s", why);
		return;
	}
	if (quiet_stdio() == -1 || line_up(run, argv) == -1)
		return;
	execv(run->admin.program, argv);
	warn("%s", run->admin.program);
}
